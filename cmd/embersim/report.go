package main

import (
	"os"

	"github.com/ember-cluster/ember/sim/sweep"
)

// reportCommand is `embersim report`.
type reportCommand struct {
	Files []string `arg:"" help:"What machines have printed by sweep --json." type:"existingfile" placeholder:"FILE"`
}

// Run executes the command: it adds up what several machines have found.
func (c *reportCommand) Run(s *session) error {
	var t sweep.Tally
	for _, name := range c.Files {
		if err := read(&t, name); err != nil {
			return err
		}
	}
	printTally(s, &t)
	s.exit = exitOf(&t)
	return nil
}

func read(t *sweep.Tally, name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	return t.Read(name, file)
}
