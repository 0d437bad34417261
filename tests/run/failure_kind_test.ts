import { assert, assertEquals } from "@std/assert";
import type { FailureKind } from "../../src/base/job.ts";
import { failureKind } from "../../src/run/failure_kind.ts";

const failed = (error: unknown): FailureKind => failureKind({ status: "failed", error });

/**
 * Errors of predictions and trainings that failed on Replicate. A source is the issue, the page or the
 * file that has the text; "quoted in" is a program that keeps it as what Replicate answered.
 */
const MESSAGES: readonly (readonly [text: string, kind: FailureKind, source: string])[] = [
  [
    "The input or output was flagged as sensitive. Please try again with different inputs. (E005) (uIJ6l3ruRD)",
    "moderation",
    "quoted in tests of a video app, bytedance/seedance",
  ],
  [
    "Prediction failed: Async prediction failed: ContentModerationError: Content flagged for: sexual",
    "moderation",
    "quoted in contentModeration.test.ts of an image service, seedance-2.0",
  ],
  [
    "Content flagged and reported for containing illegal material",
    "moderation",
    "quoted in contentModeration.test.ts of an image service, seedream",
  ],
  [
    "NSFW content detected. Try running it again, or try a different prompt.",
    "moderation",
    "replicate/cog#939",
  ],
  [
    "NSFW content detected in all outputs, please try a different prompt",
    "moderation",
    "replicate/cog-stable-diffusion#24",
  ],
  [
    "All generated images contained NSFW content. Try running it again with a different prompt.",
    "moderation",
    "replicate/cog-flux predict.py",
  ],
  [
    "Potential NSFW content was detected in one or more images. A black image will be returned instead. Try again with a different prompt and/or seed.",
    "moderation",
    "replicate/cog-stable-diffusion#84",
  ],
  [
    "Async prediction failed: Exception: The request failed because the output video may be related to copyright restrictions. Request id: 021782",
    "moderation",
    "quoted in tests of a video app, seedance-2.0-mini",
  ],
  [
    "DataInspectionFailed - Green net check failed for text (input)",
    "moderation",
    "quoted in happyhorse-green-net.test.ts",
  ],
  [
    "CUDA out of memory. Tried to allocate 5.92 GiB (GPU 0; 14.76 GiB total capacity; 6.65 GiB already allocated; 4.28 GiB free; 9.52 GiB reserved in total by PyTorch) If reserved memory is >> allocated memory try setting max_split_size_mb to avoid fragmentation.  See documentation for Memory Management and PYTORCH_CUDA_ALLOC_CONF",
    "memory",
    "replicate/cog#939",
  ],
  [
    "Prediction failed: CUDA out of memory. Tried to allocate 5.71 GiB (GPU 0; 14.61 GiB total capacity; 8.08 GiB already allocated; 2.04 GiB free; 11.60 GiB reserved in total by PyTorch)",
    "memory",
    "replicate/replicate-javascript#89",
  ],
  [
    "Prediction failed for an unknown reason. It might have run out of memory? (exitcode -9)",
    "memory",
    "TencentARC/GFPGAN#396",
  ],
  [
    "E1001 - Model Out of Memory (OOM Killed)",
    "memory",
    "replicate.com/docs/reference/error-codes",
  ],
  [
    "Prediction interrupted; please retry (code: PA)",
    "interrupted",
    "replicate/replicate-python#135",
  ],
  [
    "E8367 - Prediction Stopped in Non-Terminal State",
    "interrupted",
    "replicate.com/docs/reference/error-codes",
  ],
  ["Prediction timed out.", "timeout", "replicate/cog#2098"],
  [
    "Director: unexpected error handling prediction (E9828)",
    "infrastructure",
    "quoted in tests of an image benchmark, flux-schnell",
  ],
  [
    "Director: unexpected error handling prediction (E8765)",
    "infrastructure",
    "quoted in test_replicate_run.py",
  ],
  [
    "Director: unexpected error handling prediction (E9243)",
    "infrastructure",
    "quoted in a client of a service that passes it on, kling",
  ],
  [
    "E6716 - Timeout Starting Prediction",
    "infrastructure",
    "replicate.com/docs/reference/error-codes",
  ],
  ["E1000 - Unknown Error", "infrastructure", "replicate.com/docs/reference/error-codes"],
  ["E9825 - Failed to Upload File", "infrastructure", "replicate.com/docs/reference/error-codes"],
  [
    "An error occurred while processing your request (E001) (1cah9wlWR9)",
    "infrastructure",
    "HeyPuter/puter#2855",
  ],
  [
    "An error occurred while processing your request (E002) (1cah9wlWR9)",
    "infrastructure",
    "quoted in notes of a video app, wan-2.1-i2v-480p",
  ],
  [
    "Prediction failed: Async prediction failed: ModelRateLimitError: Service is currently unavailable due to high demand. Please try again later. (E003) (1cah9wlWR9)",
    "infrastructure",
    "quoted in ReplicatePredictionsTest.java, nano-banana-pro",
  ],
  [
    "Service is temporarily unavailable. Please try again later. (E004)",
    "infrastructure",
    "quoted in tests of a video app, as a ModelError",
  ],
  [
    "Prediction failed: Async prediction failed: ReadError:",
    "infrastructure",
    "quoted in tests of a video app",
  ],
  ["Unknown error handling prediction.", "infrastructure", "replicate/replicate-python#262"],
  [
    "Model stopped responding during prediction.",
    "infrastructure",
    "replicate/cog director.py",
  ],
  [
    "model container failed to boot and complete setup within 600 seconds",
    "infrastructure",
    "replicate/replicate-python#307",
  ],
  ["Got error trying to upload output files", "infrastructure", "replicate/cog#1759"],
  ["Cog: Got error trying to upload output files", "infrastructure", "replicate/cog#2026"],
  [
    "Failed to create trained image after successful training run.",
    "infrastructure",
    "replicate/replicate-python#308",
  ],
  [
    "Command '['pget', '--log-level', 'warn', '-xf', 'https://weights.replicate.delivery/default/comfy-ui/facedetection/detection_Resnet50_Final.pth.tar', '/facexlib/weights']' returned non-zero exit status 1.",
    "infrastructure",
    "replicate/cog-comfyui#232",
  ],
  [
    "[Errno 30] Read-only file system: 'vocab.json'",
    "infrastructure",
    "replicate/flux-fine-tuner#47",
  ],
  [
    "Async prediction failed: ModelError: The input was invalid. Please try again with different inputs. (E006) (uIJ6l3ruRD)",
    "input",
    "quoted in tests of a prompt enhancer, gemini",
  ],
  [
    'Prediction input failed validation: {"detail":[{"loc":["body","input","tile"],"msg":"none is not an allowed value","type":"type_error.none.not_allowed"}]}',
    "input",
    "xinntao/Real-ESRGAN#662",
  ],
  [
    'Prediction input failed validation: {"detail":[{"loc":["body","input","images"],"msg":"\'\' is not a valid URL scheme. \'data\', \'http\', or \'https\' is supported.","type":"value_error"}]}',
    "input",
    "replicate/replicate-python#308",
  ],
  [
    "E4875 - Internal Webhook URL Empty",
    "input",
    "replicate.com/docs/reference/error-codes",
  ],
  ["input_images must be a zip file", "input", "replicate/replicate-python#338"],
  ["input_images_filetype must be zip or tar", "input", "replicate/replicate-python#362"],
  [
    "Your input is too long. Max input length is 4096 tokens, but you supplied 5441 tokens.",
    "input",
    "run-llama/llama_index#7974",
  ],
  [
    "Cannot process new request: Prompt length (1240) exceeds maximum input length (1024).",
    "input",
    "replicate/replicate-python#264",
  ],
  [
    "Maximum size is 1024x768 or 768x1024 pixels, because of memory limits. Please select a lower width or height.",
    "input",
    "replicate/cog-stable-diffusion predict.py",
  ],
  [
    "Input image of dimensions (1536, 1536, 4) has a total number of pixels 2359296 greater than the max size that fits in GPU memory on this hardware, 2096704. Resize input image and try again.",
    "input",
    "quoted in tests of a photo app, nightmareai/real-esrgan",
  ],
  ["Could not find face in image. Try another!", "input", "yuval-alaluf/SAM#70"],
  [
    "Failed to load audio from https://upcdn.io/FW25b4F/raw/zeke-scraps/code-snippets.m4a",
    "input",
    "lucataco/cog-whisperspeech#1",
  ],
  ["Missing required input files: /tmp/inputs/image.jpg", "input", "replicate/cog-comfyui#296"],
  [
    "photomaker-v1.bin unavailable. View the list of available weights: https://github.com/fofr/cog-comfyui/blob/main/supported_weights.md",
    "input",
    "replicate/cog-comfyui#5",
  ],
  [
    "ComfyUI Error – Your workflow could not be run. Please check the logs for details.",
    "input",
    "replicate/cog-comfyui#298",
  ],
  [
    "Happy Horse I2V failed: InvalidParameter - Could not process with this prompt.",
    "input",
    "quoted in happyhorse-green-net.test.ts",
  ],
  [
    "mask was provided without init_image",
    "input",
    "replicate/cog-stable-diffusion predict.py",
  ],
  ["'Request 0 already exists.'", "model", "replicate/replicate-python#238"],
  [
    "Prediction failed for an unknown reason. It might have run out of memory? (exitcode 2)",
    "model",
    "replicate/cog#960",
  ],
  [
    "Prediction failed for an unknown reason. It might have run out of memory? (exitcode -11)",
    "model",
    "replicate/cog#1717",
  ],
  [
    "CUDA error: invalid configuration argument\nCUDA kernel errors might be asynchronously reported at some other API call, so the stacktrace below might be incorrect.\nFor debugging, consider passing CUDA_LAUNCH_BLOCKING=1.",
    "model",
    "replicate/replicate-python#134",
  ],
  [
    "CUDA error: an illegal memory access was encountered\nCUDA kernel errors might be asynchronously reported at some other API call",
    "model",
    "quoted in a script for llama-2",
  ],
  [
    "ImageGenerationParams.__init__() missing 3 required positional arguments: 'save_meta', 'meta_scheme', and 'save_name'",
    "model",
    "mrhan1993/Fooocus-API#299",
  ],
  ["local variable 'shape' referenced before assignment", "model", "orpatashnik/StyleCLIP#66"],
  ["'NoneType' object has no attribute 'kps'", "model", "facefusion/facefusion#188"],
  ["list index out of range", "model", "microsoft/Bringing-Old-Photos-Back-to-Life#290"],
  ["'prompt'", "model", "sujaykhandekar/Automated-objects-removal-inpainter#29"],
  [
    "exceptions must derive from BaseException",
    "model",
    "quoted in notes of a video app, sadtalker",
  ],
];

Deno.test("failureKind() knows the kinds of messages that predictions failed with", async (t) => {
  for (const [text, kind, source] of MESSAGES) {
    await t.step(`${kind}: ${text.slice(0, 60)} [${source}]`, () => {
      assertEquals(failed(text), kind);
    });
  }
});

/** Messages of libraries and services that models use, and that models pass on. */
const PASSED_ON: readonly (readonly [text: string, kind: FailureKind, source: string])[] = [
  [
    "Error code: 400 - {'message': 'Your request was rejected as a result of our safety system. Your prompt may contain text that is not allowed by our safety system.'}",
    "moderation",
    "abi/screenshot-to-code#519, OpenAI",
  ],
  ["Prompt contains unsafe content: sexual, violence", "moderation", "Azure Content Safety"],
  ["Output data may contain inappropriate content.", "moderation", "Alibaba DashScope"],
  ["Unable to allocate 3.91 GiB for an array with shape (1, 2)", "memory", "NumPy"],
  ["CUDNN_STATUS_ALLOC_FAILED", "memory", "cuDNN"],
  ["[Errno 12] Cannot allocate memory", "memory", "Linux"],
  ["Request timed out after 600s", "timeout", "quoted in tests of a video app, seedance"],
  ["context deadline exceeded", "timeout", "Go"],
  ["Timeout waiting for the workflow", "timeout", "made up"],
  ["Timeout while reading from the queue", "timeout", "made up"],
  ["No CUDA GPUs are available", "infrastructure", "PyTorch"],
  ["No GPU found. A GPU is needed for quantization.", "infrastructure", "transformers"],
  ["[Errno 28] No space left on device", "infrastructure", "Linux"],
  ["[Errno 122] Disk quota exceeded", "infrastructure", "Linux"],
  ["Unable to allocate a GPU for this prediction", "infrastructure", "made up"],
  ["unable to find a suitable machine", "infrastructure", "made up"],
  ["queue reached its limit", "infrastructure", "made up"],
  ["Max retries exceeded with url: /v1/images", "infrastructure", "urllib3"],
  ["DataInspectionFailed", "moderation", "Alibaba DashScope"],
  [
    "('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))",
    "infrastructure",
    "requests",
  ],
  ["[Errno -3] Temporary failure in name resolution", "infrastructure", "Linux"],
  ["fetch failed: getaddrinfo ENOTFOUND", "infrastructure", "Node"],
  ["cannot identify image file <_io.BytesIO object at 0x7f1c5c0d6e30>", "input", "Pillow"],
  ["height and width have to be divisible by 8 but are 513 and 512.", "input", "diffusers"],
  ["This model's maximum context length is 2048 tokens.", "input", "meta-llama/llama-models#240"],
];

Deno.test("failureKind() knows what models pass on from elsewhere", async (t) => {
  for (const [text, kind, source] of PASSED_ON) {
    await t.step(`${kind}: ${text.slice(0, 60)} [${source}]`, () => {
      assertEquals(failed(text), kind);
    });
  }
});

Deno.test("the table has each kind that a text can have, and no message twice", () => {
  const kinds = new Set(MESSAGES.map(([, kind]) => kind));
  assertEquals(kinds.size, 7);
  assertEquals(new Set(MESSAGES.map(([text]) => text)).size, MESSAGES.length);
  assert(MESSAGES.length >= 35);
});

/** Texts that have the words of one kind, and are of another; made up, unless a source is named. */
const FALSE_FRIENDS: readonly (readonly [text: string, kind: FailureKind, why: string])[] = [
  ["timeout must be less than 300", "input", "a parameter that is called timeout"],
  ["Invalid value for 'timed_out_after': 0", "input", "a parameter that is called timed_out_after"],
  [
    "HTTPSConnectionPool(host='huggingface.co', port=443): Read timed out. (read timeout=10)",
    "infrastructure",
    "a download that timed out, not the job",
  ],
  ["504 Server Error: Gateway Time-out for url: https://a.test", "infrastructure", "so does this"],
  ["height must be at most 500", "input", "a number like an HTTP status"],
  [
    "404 Client Error: Not Found for url: https://bucket.s3.amazonaws.com/data.zip",
    "input",
    "premieroctet/photoshot#31: the file that was sent is not there",
  ],
  ["429 Client Error: Too Many Requests for url: https://a.test", "infrastructure", "but not 429"],
  [
    "CUDA out of memory. batch_size must be lower, or images smaller",
    "memory",
    "advice on the input",
  ],
  [
    "RESOURCE_EXHAUSTED: Out of memory while trying to allocate 2147483648 bytes.",
    "memory",
    "a status that elsewhere is a rate limit",
  ],
  ["prompt is too long: 'nsfw, flagged, sensitive, out of focus'", "input", "a prompt, quoted"],
  [
    'Prediction input failed validation: {"detail":[{"loc":["body","input","seed"],"msg":"value is not a valid integer","input":"NSFW content (E005)"}]}',
    "input",
    "an input, quoted, by the platform",
  ],
  ["nsfw_filter must be true or false", "input", "a parameter that is called nsfw_filter"],
  [
    "'StableDiffusionPipelineOutput' object has no attribute 'nsfw_content_detected'",
    "model",
    "the name of a field",
  ],
  ["Failed to import the safety checker", "model", "a safety checker that is broken"],
  [
    "scheduler names are case-sensitive: invalid value for 'scheduler'",
    "input",
    "a sensitive case",
  ],
  ["name 'E005' is not defined", "model", "a word like a code"],
  ["No such file: 'robot (model E1001 rev 2).png'", "model", "a code within brackets, among words"],
  ["No such file: 'robot (E1001).png'", "model", "a name with a code"],
  ["No photo of Philadelphia (PA), zip code PA 19103", "model", "a state like a code"],
  ["Director: unexpected error handling prediction (E9999)", "infrastructure", "a code not known"],
  ["Prediction interrupted; please retry (code: ZZ)", "interrupted", "another code not known"],
  ["Rate limit exceeded, please retry", "infrastructure", "advice to retry"],
  [
    "Prediction failed for an unknown reason. It might have run out of memory? (exitcode -15)",
    "interrupted",
    "a worker that was told to stop",
  ],
  [
    "The return value of predict()\n was not valid:\n\n 1 validation error for PredictionResponse\noutput -> __root__",
    "model",
    "replicate/cog#1524: it is the output that is not valid",
  ],
  [
    "mat1 and mat2 must have the same dtype, but got Half and Float",
    "model",
    "tensors, not inputs",
  ],
  ["list indices must be integers or slices, not str", "model", "Python, not the input"],
  ["must be real number, not NoneType", "model", "so is this"],
  ["seed is out of range", "input", "a range of the input, not of a list"],
  [
    "not enough values to unpack (expected 3, got 2)",
    "model",
    "replicate/lora-training#11: Python's own expected and got",
  ],
  ["An error that nobody has seen before", "model", "an unknown text"],
];

Deno.test("failureKind() is not misled by words that stand for something else", async (t) => {
  for (const [text, kind, why] of FALSE_FRIENDS) {
    await t.step(`${kind}, for ${why}: ${text.slice(0, 60)}`, () => {
      assertEquals(failed(text), kind);
    });
  }
});

Deno.test("failureKind() takes a phrase with and without the small words in it", () => {
  const phrases: [kind: FailureKind, ...texts: string[]][] = [
    ["moderation", "Prompt flagged", "The prompt was flagged", "The prompts were flagged"],
    ["interrupted", "Worker evicted", "The worker has been evicted", "worker got evicted"],
    ["infrastructure", "server unavailable", "The server is currently unavailable"],
    ["input", "image invalid", "An image is invalid", "The images are invalid"],
    ["input", "no face found", "Failed to detect any human face"],
  ];
  for (const [kind, ...texts] of phrases) {
    for (const text of texts) {
      assertEquals(failed(text), kind, text);
      assertEquals(failed(`Prediction failed: ${text}`), kind, text);
    }
  }
});

Deno.test("failureKind() takes a code before the words around it", () => {
  assertEquals(failed("CUDA out of memory (E005)"), "moderation");
  assertEquals(failed("Director: unexpected error handling prediction (E1001)"), "memory");
  assertEquals(
    failed("Prediction failed: Async prediction failed: ModelError: E001"),
    "infrastructure",
  );
  assertEquals(failed("Error code E1001"), "memory");
  assertEquals(failed("e9828"), "infrastructure");
  assertEquals(failed("E005: input or output was flagged"), "moderation");
});

Deno.test("failureKind() skips a code that it does not know for one that it does", () => {
  assertEquals(failed("Failed (E9999): stopped (E8367)"), "interrupted");
});

Deno.test("failureKind() reads errors that are objects", () => {
  assertEquals(failed({ message: "CUDA out of memory" }), "memory");
  assertEquals(failed({ detail: "NSFW content detected" }), "moderation");
  assertEquals(failed({ detail: [{ loc: ["image"], msg: "not a valid URL" }] }), "input");
  assertEquals(failed({ error: { code: "moderation_blocked" } }), "moderation");
  assertEquals(failed(["Prediction timed out."]), "timeout");
  assertEquals(failed(new Error("(code: PA)")), "interrupted");
});

Deno.test("failureKind() takes an error that is empty or of no use for the model's", () => {
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  for (const error of [undefined, null, "", " ", {}, [], 0, 500, false, circular]) {
    assertEquals(failed(error), "model");
  }
  assertEquals(failureKind({ status: "failed" }), "model");
});

Deno.test("failureKind() does not look at the logs, which speak of much that went well", () => {
  const logs = "NSFW content check: ok\nretrying, as CUDA was out of memory\ntimed out";
  for (const error of ["'prompt'", null]) {
    const prediction = { status: "failed", error, logs };
    assertEquals(failureKind(prediction), "model");
  }
});

Deno.test("failureKind() goes by the status of a job that was canceled or aborted", () => {
  for (const status of ["canceled", "aborted"] as const) {
    assertEquals(failureKind({ status }), status);
    assertEquals(failureKind({ status, error: null }), status);
    assertEquals(failureKind({ status, error: "CUDA out of memory (E005)" }), status);
  }
});

Deno.test("failureKind() reads the start and the end of a long error, and not what is between", () => {
  const filler = '  File "/src/predict.py", line 1, in predict\n'.repeat(20_000);
  assertEquals(failed(`CUDA out of memory\n${filler}`), "memory");
  assertEquals(failed(`${filler}\nOutOfMemoryError: CUDA`), "memory");
  assertEquals(failed(`${filler}\nCUDA out of memory\n${filler}`), "model");
});

Deno.test("failureKind() is quick with texts that nearly fit, however long", () => {
  const parts = [
    "flagged ",
    "rejected ",
    "violates a ",
    "exceeded a ",
    "tensor ",
    "prompt (",
    "image is ",
    "(code: ",
    "E005",
    "allocate 5",
    "insufficient gpu ",
    "the ",
    "out of memory? (exitcode ",
    "a",
    " ",
    "(",
    "\n",
  ];
  for (const part of parts) {
    const text = part.repeat(1_000_000 / part.length);
    const start = performance.now();
    failed(text);
    const took = performance.now() - start;
    // It is about one millisecond; a pattern that backtracks would take minutes.
    assert(took < 500, `${JSON.stringify(part)} took ${took} ms`);
  }
});
