// Package openai speaks the OpenAI wire protocol to any endpoint that offers it.
//
// Requests and answers use the types of sashabaranov/go-openai. Streams do not
// go through its reader: that one returns io.EOF after the end marker and after
// a cut alike, and gives up after 150 keep-alive comments (v1.43). Here an
// answer is whole only with a finish reason for each choice and "[DONE]".
package openai
