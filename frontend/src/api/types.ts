// Names for the contract's shapes; never restated, only picked.
import type { components } from "./schema";

type Schemas = components["schemas"];
declare const brand: unique symbol;
/** A string that names one kind of row; a user's id does not pass for a message's. */
export type Id<Kind extends string> = string & { readonly [brand]?: Kind };
export type ConversationId = Id<"conversation">;
export type MessageId = Id<"message">;
export type RunId = Id<"run">;

export type Conversation = Schemas["Conversation"];
export type ConversationPage = Schemas["ConversationPage"];
export type Message = Schemas["Message"];
export type Thread = Schemas["Thread"];
export type Run = Schemas["Run"];
export type RunEvent = Schemas["RunEvent"];
export type Hint = Schemas["Hint"];
export type HostEvent = Schemas["Event"];
export type Model = Schemas["Model"];
export type Status = Schemas["Status"];
export type ServerStatus = Schemas["ServerStatus"];
export type EngineStatus = Schemas["EngineStatus"];
export type Notice = Schemas["Notice"];
export type Settings = Schemas["Settings"];
export type QueueItem = Schemas["QueueItem"];
export type Diagnostics = Schemas["Diagnostics"];
export type Spend = Schemas["Spend"];
export type Me = Schemas["Me"];
export type SessionInfo = Schemas["SessionInfo"];
export type User = Schemas["User"];
export type Link = Schemas["Link"];
export type Key = Schemas["Key"];
export type AuditEntry = Schemas["AuditEntry"];
export type Dashboard = Schemas["Dashboard"];
export type InferenceLog = Schemas["InferenceLog"];
export type LogPage = Schemas["LogPage"];
export type Provider = Schemas["Provider"];
export type ProviderModel = Schemas["ProviderModel"];
export type ProviderTest = Schemas["ProviderTest"];
export type Role = User["role"];
