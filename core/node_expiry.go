package core

import (
	"time"

	"github.com/ember-cluster/ember/core/keyspace"
	"github.com/ember-cluster/ember/core/marks"
)

// Active expiry removes keys whose time has passed even if nobody asks for them again, a few at a time so that it never
// delays a client. Only the node that owns a key expires it; a copy elsewhere follows the effect.
const (
	// expiryBatch bounds the keys that one round looks at.
	expiryBatch = 64
	// expiryPause is the time between two rounds while there are keys left to remove.
	expiryPause = time.Millisecond
)

// expireDue removes some of the keys whose time has passed.
func (n *Node) expireDue() {
	removed := 0
	for effect := range n.space.Due(n.at.Wall, expiryBatch) {
		n.space.Apply(effect)
		n.Emit(&effect)
		removed++
	}
	n.counters.ExpiredKeys += uint64(removed)
	n.options.Marks.HitIf(removed == 0, marks.ExpiryEarly)
	n.scheduleExpiry()
}

// scheduleExpiry sets the next round.
func (n *Node) scheduleExpiry() {
	wall, any := n.space.NextExpiry()
	switch {
	case !any:
		n.nextExpiry = Never
	case wall <= n.at.Wall && !n.space.Working():
		n.options.Marks.Hit(marks.ExpiryBatchFull)
		n.nextExpiry = n.at.Now + expiryPause
	default:
		n.nextExpiry = n.expiryRound(wall - 1)
	}
}

// expiryRound returns when to look for a key that lives through a wall time (Unix milliseconds). The wall clock may jump, so the time
// until the key is due is only a guess at how long to sleep; a key that is late for it is hidden all the same.
func (n *Node) expiryRound(last int64) time.Duration {
	wait := time.Duration(min(max(last-n.at.Wall, 0), int64(time.Hour/time.Millisecond))+1) * time.Millisecond
	return n.at.Now + max(wait, n.options.ExpiryInterval)
}

// Emit implements command.Server: it is told of every change that a command has made to the data. The shard's log, from which
// replicas and the disk follow, will be fed here.
func (n *Node) Emit(effect *keyspace.Effect) {
	if n.options.Observer != nil {
		n.observe(effect)
	}
	n.noticeChange(effect)
	if effect.ExpireAt != 0 { // this key may be the next
		n.nextExpiry = min(n.nextExpiry, n.expiryRound(effect.ExpireAt))
	}
}

// observe tells the observer whose command it was.
func (n *Node) observe(effect *keyspace.Effect) {
	if n.current == nil {
		n.options.Observer.Applied(0, 0, effect)
		return
	}
	n.options.Observer.Applied(n.current.id, n.current.ordinal, effect)
}
