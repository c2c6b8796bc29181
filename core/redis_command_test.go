package core

import (
	"slices"
	"testing"

	"github.com/ember-cluster/ember/core/command"
)

// differentIn72 are the commands that Redis 7.2 describes otherwise than the version 7.0 with which they are compared.
var differentIn72 = []string{
	"command|getkeys", "command|getkeysandflags", // a command without arguments is one too
	"config|resetstat", "config|rewrite", "msetnx", "randomkey", "scan", // tips
	"wait", // scripts may call it
}

// TestCommandInfoIsThatOfRedis compares the descriptions of all commands that both have.
func TestCommandInfoIsThatOfRedis(t *testing.T) {
	r := newRivals(t)
	if r == nil {
		return
	}
	for _, container := range command.Rows() {
		for _, row := range append([]*command.Row{container}, container.Subcommands...) {
			if len(row.Subcommands) > 0 {
				continue // the description of a container has those of its subcommands
			}
			node, redis := r.both(1, "COMMAND", "INFO", row.Name)
			unknown := redis == "*1\r\n$-1\r\n" || redis == "*1\r\n*-1\r\n"
			if same := node == redis; !unknown && same == slices.Contains(differentIn72, row.Name) {
				t.Errorf("%s: the same %t\n node %q\nredis %q", row.Name, same, node, redis)
			}
		}
	}
}
