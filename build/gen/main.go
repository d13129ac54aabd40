// Command gen writes the contract's OpenAPI document to the file it is given.
package main

import (
	"fmt"
	"os"

	"nexusai/backend/httpapi"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: gen FILE")
		os.Exit(2)
	}
	document, err := httpapi.Document()
	if err == nil {
		err = os.WriteFile(os.Args[1], append(document, '\n'), 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}
