package main

import (
	"encoding/json"
	"net/http"
)

func message(w http.ResponseWriter, r *http.Request) {
	var c chatRequest
	if err := json.NewDecoder(r.Body).Decode(&c); err != nil {
		refuse(w, http.StatusBadRequest, object{"type": "error", "error": object{"type": "invalid_request_error", "message": err.Error()}})
		return
	}
	p := c.blocks()
	if p.status != 0 {
		refuse(w, p.status, object{"type": "error", "error": object{"type": "scripted", "message": indiscreet(r)}})
		return
	}
	reason := "end_turn"
	if p.tool != "" {
		reason = "tool_use"
	}
	usage := object{"input_tokens": 5, "cache_read_input_tokens": 2, "cache_creation_input_tokens": 0, "output_tokens": 3}
	m := object{"id": "msg_1", "type": "message", "role": "assistant", "model": "up", "content": []any{}, "stop_reason": nil, "stop_sequence": nil, "usage": usage}
	if !c.Stream {
		p.stalled(r)
		m["content"], m["stop_reason"] = []any{p.block()}, reason
		reply(w, m)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	event(w, "message_start", object{"type": "message_start", "message": m})
	event(w, "ping", object{"type": "ping"})
	begin := object{"type": "text", "text": ""}
	if p.tool != "" {
		begin = object{"type": "tool_use", "id": "toolu_1", "name": p.tool, "input": object{}}
	}
	event(w, "content_block_start", object{"type": "content_block_start", "index": 0, "content_block": begin})
	for _, word := range p.words {
		event(w, "content_block_delta", object{"type": "content_block_delta", "index": 0, "delta": object{"type": "text_delta", "text": word}})
	}
	if p.tool != "" {
		event(w, "content_block_delta", object{"type": "content_block_delta", "index": 0, "delta": object{"type": "input_json_delta", "partial_json": p.args}})
	}
	p.ended(r)
	event(w, "content_block_stop", object{"type": "content_block_stop", "index": 0})
	event(w, "message_delta", object{"type": "message_delta", "delta": object{"stop_reason": reason, "stop_sequence": nil}, "usage": object{"output_tokens": 3}})
	event(w, "message_stop", object{"type": "message_stop"})
}

// blocks reads a request of this wire, where the results of tools are the
// user's.
func (c chatRequest) blocks() plan {
	last, result, images := "", "", 0
	for _, m := range c.Messages {
		if m.Role != "user" {
			continue
		}
		text, n := said(m.Content)
		images += n
		last, result = text, results(m.Content)
	}
	return planned(last, result, images)
}

func results(raw json.RawMessage) (all string) {
	var parts []part
	if json.Unmarshal(raw, &parts) != nil {
		return ""
	}
	for _, p := range parts {
		if p.Type == "tool_result" {
			text, _ := said(p.Content)
			all += text
		}
	}
	return all
}

func (p plan) block() object {
	if p.tool != "" {
		return object{"type": "tool_use", "id": "toolu_1", "name": p.tool, "input": json.RawMessage(p.args)}
	}
	return object{"type": "text", "text": p.message()["content"]}
}
