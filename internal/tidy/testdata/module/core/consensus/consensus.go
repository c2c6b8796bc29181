// Package consensus is the one that may import raft.
package consensus

import (
	"go.etcd.io/raft/v3"

	_ "example.com/fixture/core/gossip" // want dependency
	"example.com/fixture/core/random"
)

// Leader is none.
const Leader = raft.None + random.Million
