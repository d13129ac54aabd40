//go:build race

package main

// shadow is by how much the race detector multiplies what a process has in memory.
const shadow = 2
