package main

import (
	"encoding/json"
	"net/http"
	"strings"
)

type generateRequest struct {
	Contents []struct {
		Role  string
		Parts []struct {
			Text     string
			Inline   json.RawMessage `json:"inlineData"`
			Response *struct {
				Response struct{ Output string }
			} `json:"functionResponse"`
		}
	}
}

// plan reads a request of this wire, where the results of tools are the user's.
func (g generateRequest) plan() plan {
	last, result, images := "", "", 0
	for _, c := range g.Contents {
		if c.Role != "user" {
			continue
		}
		last, result = "", ""
		for _, p := range c.Parts {
			last += p.Text
			if len(p.Inline) > 0 {
				images++
			}
			if p.Response != nil {
				result += p.Response.Response.Output
			}
		}
	}
	return planned(last, result, images)
}

// generate answers POST /v1beta/models/{model}:{method}.
func generate(w http.ResponseWriter, r *http.Request) {
	var g generateRequest
	if err := json.NewDecoder(r.Body).Decode(&g); err != nil {
		refuse(w, http.StatusBadRequest, object{"error": object{"code": 400, "message": err.Error(), "status": "INVALID_ARGUMENT"}})
		return
	}
	_, method, _ := strings.Cut(r.PathValue("call"), ":")
	if method == "countTokens" {
		reply(w, object{"totalTokens": 42})
		return
	}
	p := g.plan()
	if p.status != 0 {
		refuse(w, p.status, object{"error": object{"code": p.status, "message": indiscreet(r)}})
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	send := func(finish any, parts ...any) {
		event(w, "", object{
			"candidates":    []any{object{"index": 0, "content": object{"role": "model", "parts": parts}, "finishReason": finish}},
			"usageMetadata": object{"promptTokenCount": 7, "cachedContentTokenCount": 2, "candidatesTokenCount": 3, "totalTokenCount": 10},
			"modelVersion":  "up", "responseId": "g1",
		})
	}
	for _, word := range p.words {
		send(nil, object{"text": word})
	}
	if p.tool != "" {
		send(nil, object{"functionCall": object{"name": p.tool, "args": json.RawMessage(p.args)}})
	}
	p.ended(r)
	send("STOP", []any{}...)
}
