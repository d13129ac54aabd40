//go:build !linux

package main

import "os"

// hideTyping does nothing here: pipe the password in.
func hideTyping(*os.File) (undo func()) { return nil }
