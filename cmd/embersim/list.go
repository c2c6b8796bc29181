package main

import (
	"fmt"

	"github.com/ember-cluster/ember/sim/scenarios"
)

// listCommand is `embersim list`.
type listCommand struct{}

// Run executes the command.
func (c *listCommand) Run(s *session) error {
	for _, scenario := range scenarios.All() {
		fmt.Fprintf(s.out, "%-11s %s\n", scenario.Name, scenario.Summary)
	}
	return nil
}
