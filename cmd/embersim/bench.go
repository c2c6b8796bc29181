package main

// benchCommand is `embersim bench`.
type benchCommand struct{}

// Run executes the command.
func (c *benchCommand) Run(s *session) error { return nil }
