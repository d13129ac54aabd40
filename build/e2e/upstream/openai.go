package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
)

type chatRequest struct {
	Stream   bool
	Messages []struct {
		Role    string
		Content json.RawMessage
	}
}

// part is a piece of a message on either wire.
type part struct {
	Type, Text string
	Content    json.RawMessage
}

// said is the text of a content, and how many images it holds.
func said(raw json.RawMessage) (text string, images int) {
	if json.Unmarshal(raw, &text) == nil {
		return text, 0
	}
	var parts []part
	if json.Unmarshal(raw, &parts) != nil {
		return "", 0
	}
	for _, p := range parts {
		text += p.Text
		if p.Type == "image_url" || p.Type == "image" {
			images++
		}
	}
	return text, images
}

func (c chatRequest) plan() plan {
	last, result, images := "", "", 0
	for _, m := range c.Messages {
		text, n := said(m.Content)
		images += n
		switch m.Role {
		case "user":
			last, result = text, ""
		case "tool":
			result += text
		}
	}
	return planned(last, result, images)
}

func chat(w http.ResponseWriter, r *http.Request) {
	var c chatRequest
	if err := json.NewDecoder(r.Body).Decode(&c); err != nil {
		refuse(w, http.StatusBadRequest, object{"error": object{"message": err.Error(), "type": "invalid_request_error"}})
		return
	}
	p := c.plan()
	if p.status != 0 {
		refuse(w, p.status, object{"error": object{"message": indiscreet(r), "type": "scripted", "code": nil}})
		return
	}
	usage := object{"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10, "prompt_tokens_details": object{"cached_tokens": 2}}
	reason := "stop"
	if p.tool != "" {
		reason = "tool_calls"
	}
	if !c.Stream {
		p.stalled(r)
		reply(w, object{"id": "c1", "object": "chat.completion", "created": 1, "model": "up", "usage": usage, "choices": []any{object{"index": 0, "message": p.message(), "finish_reason": reason}}})
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	send := func(delta object, finish any) {
		event(w, "", object{"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "up", "choices": []any{object{"index": 0, "delta": delta, "finish_reason": finish}}})
	}
	send(object{"role": "assistant", "content": ""}, nil)
	for _, word := range p.words {
		send(object{"content": word}, nil)
	}
	if p.tool != "" {
		send(object{"tool_calls": []any{object{"index": 0, "id": "call_1", "type": "function", "function": object{"name": p.tool, "arguments": ""}}}}, nil)
		send(object{"tool_calls": []any{object{"index": 0, "function": object{"arguments": p.args}}}}, nil)
	}
	p.ended(r)
	send(object{}, reason)
	event(w, "", object{"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "up", "choices": []any{}, "usage": usage})
	fmt.Fprint(w, "data: [DONE]\n\n")
}

func (p plan) message() object {
	text := ""
	for _, word := range p.words {
		text += word
	}
	if p.tool == "" {
		return object{"role": "assistant", "content": text}
	}
	return object{"role": "assistant", "content": nil, "tool_calls": []any{object{"id": "call_1", "type": "function", "function": object{"name": p.tool, "arguments": p.args}}}}
}

// complete is the first of OpenAI's interfaces.
func complete(w http.ResponseWriter, r *http.Request) {
	var c struct {
		Stream bool
		Prompt string
	}
	if err := json.NewDecoder(r.Body).Decode(&c); err != nil {
		refuse(w, http.StatusBadRequest, object{"error": object{"message": err.Error(), "type": "invalid_request_error"}})
		return
	}
	p := planned(c.Prompt, "", 0)
	send := func(text, finish any) object {
		return object{"id": "c1", "object": "text_completion", "created": 1, "model": "up", "choices": []any{object{"index": 0, "text": text, "logprobs": nil, "finish_reason": finish}}}
	}
	if !c.Stream {
		whole := send(p.message()["content"], "stop")
		whole["usage"] = object{"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
		reply(w, whole)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	for _, word := range p.words {
		event(w, "", send(word, nil))
	}
	event(w, "", send("", "stop"))
	fmt.Fprint(w, "data: [DONE]\n\n")
}

// embed answers with vectors whose first number is the length of the input.
func embed(w http.ResponseWriter, r *http.Request) {
	var c struct {
		Input      json.RawMessage
		Encoding   string `json:"encoding_format"`
		Dimensions int
	}
	if err := json.NewDecoder(r.Body).Decode(&c); err != nil {
		refuse(w, http.StatusBadRequest, object{"error": object{"message": err.Error(), "type": "invalid_request_error"}})
		return
	}
	var inputs []string
	if json.Unmarshal(c.Input, &inputs) != nil {
		inputs = make([]string, 1)
		_ = json.Unmarshal(c.Input, &inputs[0]) // tokens: a vector of an empty text
	}
	data := []any{}
	for i, text := range inputs {
		vector := make([]float32, max(c.Dimensions, 2))
		vector[0] = float32(len(text))
		one := object{"object": "embedding", "index": i, "embedding": vector}
		if c.Encoding == "base64" {
			raw := []byte{}
			for _, n := range vector {
				raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(n))
			}
			one["embedding"] = base64.StdEncoding.EncodeToString(raw)
		}
		data = append(data, one)
	}
	reply(w, object{"object": "list", "model": "up", "data": data, "usage": object{"prompt_tokens": 5, "total_tokens": 5}})
}
