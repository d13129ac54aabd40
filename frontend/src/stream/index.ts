export { streamTrial, type StreamTrial } from "./trial";
export { createTail } from "./createTail";
export { parseEvent, type Connection, type HostStream } from "./host";
export { sseStream } from "./sse";
export { wailsStream } from "./wails";
export { createRuns, RunsContext, useRun, useRunFor, useRuns, type LiveRun, type Runs } from "./runs";
