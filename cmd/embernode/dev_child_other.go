//go:build unix && !linux

package main

import "syscall"

// childAttributes are those of a process that is not its parent's terminal's.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
