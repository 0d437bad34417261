/** Whether a job has ended. A status that is not known is not the end. */
export function isTerminal(job: { status: string }): boolean {
  return /^(?:succeeded|failed|canceled|aborted)$/.test(job.status);
}

/** Which of the two a job is, as the API's paths name them. */
export type JobKind = "predictions" | "trainings";

/** Which of the two a record is; it says so in its own addresses. */
export function kindOfRecord(job: { urls?: { get?: string } }): JobKind {
  return job.urls?.get?.includes("/trainings/") ? "trainings" : "predictions";
}
