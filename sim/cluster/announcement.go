package cluster

import (
	"fmt"

	"github.com/ember-cluster/ember/core"
)

// announcement is the record of a node's boot, which must be durable before the node says a word under that boot: a crash would
// otherwise take the number back, and two lives of a node would be taken for one.
type announcement struct {
	// opening is the position of the first record of this life, 0 before it is appended; durable is how far the log is synced.
	opening, durable uint64
}

// checkAnnounced checks that a node which says something has the right to.
func (d *driver) checkAnnounced(kind core.EffectKind) error {
	switch kind {
	case core.Reply, core.ReplyAndDrain, core.SendDatagram, core.OpenStream, core.SendStream:
	default:
		return nil
	}
	if d.opening == 0 || d.durable < d.opening {
		return fmt.Errorf("%s speaks (%v) before the record of its boot is durable", d.host.Name(), kind)
	}
	return nil
}
