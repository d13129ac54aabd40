// Package llamacpp supervises a local llama.cpp server and its model files.
//
// A Store holds verified model files. An Engine runs one server process over
// one of them, started when first needed and restarted after a crash. A Host
// owns the two engines that the product offers, one for chat and one for
// embeddings; the desktop and the server each run a Host.
//
// The process listens on a Unix socket in a folder of mode 0700 and asks for
// a key made anew for each start, so that no other local user can reach it.
package llamacpp
