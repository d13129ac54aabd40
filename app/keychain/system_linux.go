package keychain

import "os"

// hasSystemKeychain: the Secret Service lives on the session bus; without one,
// asking would start a bus of our own.
func hasSystemKeychain() bool { return os.Getenv("DBUS_SESSION_BUS_ADDRESS") != "" }
