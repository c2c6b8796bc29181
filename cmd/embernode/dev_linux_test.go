package main

import (
	"strconv"
	"testing"
)

// TestDevLeavesNobodyBehind kills the parent, who can say nothing to its nodes then.
func TestDevLeavesNobodyBehind(t *testing.T) {
	port := neighbours(t, 2)
	d := startDev(t, "--nodes", "2", "--port", strconv.Itoa(port), "--dir", t.TempDir())
	d.read("^Stop everything")
	if err := d.command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	await(t, "the nodes end too", func() bool { return closedPort(port) && closedPort(port+1) })
}
