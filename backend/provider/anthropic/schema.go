package anthropic

import (
	"encoding/json"
)

// closed forbids further members in every object of a schema that says nothing
// about them: the wire demands that, and an answer without them follows the
// original too. A schema that cannot be read stays: the provider says so.
func closed(schema json.RawMessage) json.RawMessage {
	var tree any
	if json.Unmarshal(schema, &tree) != nil {
		return schema
	}
	if !closeObjects(tree) {
		return schema
	}
	out, err := json.Marshal(tree)
	if err != nil {
		return schema
	}
	return out
}

// closeObjects says whether it changed something. Depth is bounded by
// encoding/json, which read the tree.
func closeObjects(node any) bool {
	changed := false
	switch v := node.(type) {
	case []any:
		for _, child := range v {
			changed = closeObjects(child) || changed
		}
	case map[string]any:
		for key, child := range v {
			if key != "enum" && key != "const" && key != "default" && key != "examples" {
				changed = closeObjects(child) || changed
			}
		}
		if _, said := v["additionalProperties"]; v["type"] == "object" && !said {
			v["additionalProperties"] = false
			changed = true
		}
	}
	return changed
}
