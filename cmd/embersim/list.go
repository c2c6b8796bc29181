package main

import (
	"fmt"

	"github.com/ember-cluster/ember/sim/scenarios"
)

// listCommand is `embersim list`.
type listCommand struct{}

// Run executes the command.
func (c *listCommand) Run(s *session) error {
	width := 0
	for _, scenario := range scenarios.All() {
		width = max(width, len(scenario.Name))
	}
	for _, scenario := range scenarios.All() {
		fmt.Fprintf(s.out, "%-*s  %s\n", width, scenario.Name, scenario.Summary)
	}
	return nil
}
