//go:build !linux

package main

// hugePages asks for large pages where the system knows of them.
type hugePages struct{}

func newHugePages() *hugePages { return &hugePages{} }

func (*hugePages) advise([]byte) {}
