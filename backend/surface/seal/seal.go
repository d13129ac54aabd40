// Package seal takes sealed reasoning through a surface of another wire and
// back, so that it returns to the provider that made it.
package seal

import (
	"strings"

	"nexusai/backend/llm"
)

// mark begins a seal of another wire: mark, wire, ":", what it seals. No
// provider's own seal, which is base64, holds a colon.
const mark = "nexus:"

// Show is the text that the caller of a surface in wire own keeps.
func Show(sealed string, of, own llm.Wire) string {
	if sealed == "" || of == own {
		return sealed
	}
	return mark + string(of) + ":" + sealed
}

// Read is the inverse of Show.
func Read(text string, own llm.Wire) (sealed string, of llm.Wire) {
	rest, foreign := strings.CutPrefix(text, mark)
	wire, sealed, found := strings.Cut(rest, ":")
	if !foreign || !found {
		return text, own
	}
	return sealed, llm.Wire(wire)
}

// call stands behind the mark of a tool call's seal.
const call = "call/"

// ShowCall is the text for the seal of a tool call on a surface whose tool
// calls have no place for one.
func ShowCall(id, sealed string, of llm.Wire) string {
	return mark + call + string(of) + ":" + strings.ReplaceAll(id, ":", "_") + ":" + sealed
}

// ReadCall is the inverse of ShowCall; false for any other text.
func ReadCall(text string) (id, sealed string, of llm.Wire, ok bool) {
	rest, ok := strings.CutPrefix(text, mark+call)
	wire, rest, found := strings.Cut(rest, ":")
	id, sealed, both := strings.Cut(rest, ":")
	return id, sealed, llm.Wire(wire), ok && found && both
}
