// Package entity is the table of what is synced: which fields each kind of
// thing has and how each field merges.
//
// It is the source of the tables on both ends (a test compares both migrations
// with it) and imports nothing of ours.
package entity

// SchemaVersion is the version of this table that this program writes. It grows
// by one with every additive change; nothing is ever removed or renamed.
const SchemaVersion = 1

// OldestSchema is the oldest version a server still accepts.
const OldestSchema = 1

// The names of the entities. They are table names on both ends.
const (
	Conversations = "conversation"
	Messages      = "message"
	Drafts        = "draft"
)

// The lanes: operations of one lane are applied in the order they were made,
// lanes do not wait for each other.
const (
	ChatLane  = "chat"
	DraftLane = "draft"
)

// Rule says what happens when two devices wrote one field of one row.
type Rule int

const (
	// Set: an author who saw the current value replaces it; of two edits that
	// did not see each other the later stamp wins and the other is kept.
	Set Rule = iota
	// Fixed: part of an immutable node; a second, different value is refused.
	Fixed
	// Once: the first value stays, later ones are ignored without a conflict.
	Once
	// Latest: the greater value wins (times only); nothing is lost by it.
	Latest
	// Merge: text; concurrent edits merge three ways, and where they overlap
	// the later stamp wins and the other text is kept.
	Merge
)

// Field is one column.
type Field struct {
	Name string
	Type Type
	Rule Rule
	Null bool     // may be null; a field that may not has the zero value instead
	Max  int      // longest text in bytes of UTF-8; 0 for types without length
	Enum []string // the only texts allowed; nil means any
}

// Ref says that Field, when not null, names a row of Entity that must exist
// before this one (no child before its parent).
type Ref struct {
	Field  string
	Entity string
}

// Entity is one kind of row.
type Entity struct {
	Name   string
	Lane   string
	Fields []Field // in column order, without id
	Refs   []Ref
	// Node is true when rows never change after they were created.
	Node bool
	// Deletable is true when a delete operation is allowed. What people delete
	// is first put in the trash (a field), so few entities have it.
	Deletable bool
	// Upsert is true when a create by the server sets the fields of a row that
	// is there; otherwise it leaves such a row as it is.
	Upsert bool
	// Coalesce is true when a newer local edit replaces one that has not left
	// the device, so that a day offline is one operation and not a thousand.
	Coalesce bool
}

const (
	maxTitle = 2_000
	maxText  = 1_000_000 // so that one operation fits one push
	maxName  = 400
)

var table = []Entity{
	{
		Name: Conversations, Lane: ChatLane, Deletable: true,
		Fields: []Field{
			{Name: "title", Type: Text, Max: maxTitle},
			{Name: "model", Type: Text, Max: maxName},
			{Name: "pinned", Type: Bool},
			{Name: "trashed_at", Type: Time, Null: true},
			{Name: "created_at", Type: Time, Rule: Once},
			{Name: "last_at", Type: Time, Rule: Latest},
		},
	},
	{
		Name: Messages, Lane: ChatLane, Node: true,
		Refs: []Ref{{"conversation_id", Conversations}, {"parent_id", Messages}},
		Fields: []Field{
			{Name: "conversation_id", Type: ID, Rule: Fixed},
			{Name: "parent_id", Type: ID, Rule: Fixed, Null: true},
			{Name: "role", Type: Text, Rule: Fixed, Max: 16, Enum: []string{"user", "assistant", "system"}},
			{Name: "text", Type: Text, Rule: Fixed, Max: maxText},
			// What follows describes the node and is not what was said: when
			// device and server both put one message, the first stays.
			{Name: "model", Type: Text, Rule: Once, Max: maxName},
			{Name: "finish", Type: Text, Rule: Once, Max: 16, Enum: []string{"", "stop", "length", "stopped", "error"}},
			{Name: "error_code", Type: Text, Rule: Once, Max: maxName},
			{Name: "input_tokens", Type: Int, Rule: Once},
			{Name: "output_tokens", Type: Int, Rule: Once},
			{Name: "cost_nano_usd", Type: Int, Rule: Once},
			{Name: "run_id", Type: ID, Rule: Once, Null: true},
			{Name: "created_at", Type: Time, Rule: Once},
		},
	},
	{
		// The id of a draft is the id of its conversation, which may not exist yet.
		Name: Drafts, Lane: DraftLane, Coalesce: true, Upsert: true,
		Fields: []Field{
			{Name: "text", Type: Text, Rule: Merge, Max: maxText},
			{Name: "updated_at", Type: Time, Rule: Latest},
		},
	},
}

// All returns every entity, parents before children. The result is the
// caller's; its Fields must not be changed.
func All() []Entity { return append([]Entity(nil), table...) }

// Find returns the entity called name.
func Find(name string) (Entity, bool) {
	for _, e := range table {
		if e.Name == name {
			return e, true
		}
	}
	return Entity{}, false
}

// Field returns the field called name. A name this version does not know is
// not an error of its sender: it may come from a newer program.
func (e Entity) Field(name string) (Field, bool) {
	for _, f := range e.Fields {
		if f.Name == name {
			return f, true
		}
	}
	return Field{}, false
}

// Lanes returns every lane once, in the order of the table.
func Lanes() []string { return []string{ChatLane, DraftLane} }
