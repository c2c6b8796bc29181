package main

import "syscall"

// childAttributes are those of a process that is not its parent's terminal's, and ends with its parent, however that ends.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
