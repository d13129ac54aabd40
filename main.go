// NexusAI's desktop application.
package main

import (
	"os"

	"nexusai/app"
)

func main() { os.Exit(app.Main()) }
