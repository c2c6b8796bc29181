package cluster

import (
	"fmt"

	"github.com/ember-cluster/ember/core/keyspace"
)

// ledger records every effect that a node applied to its data, in order, from its boot on. It is what unknown outcomes are
// resolved with, so its completeness matters: a change that bypassed it would make a checker blind. Replaying it must
// therefore give exactly the node's data.
type ledger struct {
	bytes []byte
}

func (l *ledger) add(effect *keyspace.Effect) { l.bytes = effect.Append(l.bytes) }

// check replays the ledger and compares.
func (l *ledger) check(data *keyspace.Space) error {
	c, err := l.replay()
	if err != nil {
		return err
	}
	return c.compare(data)
}

// replay returns what the effects come to.
func (l *ledger) replay() (contents, error) {
	c := contents{}
	for rest := l.bytes; len(rest) > 0; {
		effect, size, err := keyspace.DecodeEffect(rest)
		if err != nil {
			return nil, fmt.Errorf("the ledger does not decode: %w", err)
		}
		c.apply(&effect)
		rest = rest[size:]
	}
	return c, nil
}
