package catalog

import "strings"

// Reranks says that a model is marked as a reranker, by its id here or as
// engines name what they load ("BAAI/bge-reranker-v2-m3",
// "bge-reranker-v2-m3-Q8_0.gguf"). An engine gives scores for any other model
// too; they mean nothing.
func (c *Catalog) Reranks(model string) bool {
	name := strings.ToLower(model[strings.LastIndexByte(model, '/')+1:])
	for _, m := range c.sorted {
		if m.Kind == Rerank && strings.HasPrefix(name, strings.ToLower(m.ID)) {
			return true
		}
	}
	return false
}
