package main

import (
	"errors"
	"strings"
	"syscall"
)

// systemReason is what the C library calls an error of the operating system, as Redis shows it to clients: "No space left on
// device". Any other error is shown as it is.
func systemReason(err error) string {
	cause, ok := errors.AsType[syscall.Errno](err)
	if !ok {
		return err.Error()
	}
	text := cause.Error()
	return strings.ToUpper(text[:1]) + text[1:]
}
