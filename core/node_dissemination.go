package core

import (
	"errors"
	"fmt"
	"time"

	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

// Every message between nodes carries the stamp of its sender's configuration. Who sees a newer one than its own asks the sender for
// it, part by part:
//
//	node, version 7                     peer, version 9
//	     ◄─── any message: I have 9 ────┤
//	     ├─── have 7, want 9 from 0 ───►│   the change from 7 to 9 if the peer still has 7,
//	     ◄─── part 0 of 3 ──────────────┤   else the whole of 9
//	     ├─── … from 256 KiB ──────────►│
//	     ◄─── part 1 of 3 ──────────────┤
//	     record ─► disk ─► in force
//
// A configuration is made durable before it is put into force, so a restart never takes a node back behind what it has told.
//
//	request  1, what the node has (stamp), what it wants (stamp), offset (uvarint)
//	part     2, a chunk (see topology.Chunk)
//	notice   3: to a node that was forgotten, whose stamp is all that matters
const (
	configurationRequest byte = iota + 1
	configurationPart
	configurationNotice
)

const (
	// partBytes is how much of an update a message carries.
	partBytes = 256 << 10
	_         = uint(wire.MaxFrame - wire.Overhead - 1 - topology.MaxChunkOverhead - partBytes)
	// pullTimeout is how long a part is waited for. Then whoever has a newer configuration, and is heard next, is asked.
	pullTimeout = time.Second
	// archived is how many configurations a node keeps to tell others what has changed.
	archived = 32
)

// dissemination is how a node learns of configurations from its peers, and tells them.
type dissemination struct {
	// stamp is that of the configuration in force.
	stamp   topology.Stamp
	archive *topology.Archive
	// pulling is whom the node waits for, zero if for nobody. The assembly has what has come so far.
	pulling  wire.NodeID
	pullEnd  time.Duration
	assembly topology.Assembly
	// adopting is a configuration that is put into force when the record at adoptAt is durable; nil if there is none.
	// Invariant: newer than the one in force, or of another cluster.
	adopting *topology.State
	adoptAt  uint64
	// founding says that it is that of a cluster which this node founds, under the identity foundingAs.
	founding   bool
	foundingAs wire.NodeID
	// spent are the raft ids that the node has had in clusters which it has left.
	spent []spentID
	// told is the update that was asked for last, toldTo and toldFrom what it leads to and starts from.
	told             []byte
	toldTo, toldFrom topology.Stamp
}

// heardStamp sees to it that the node gets what a peer has and it has not.
func (n *Node) heardStamp(from wire.NodeID, stamp topology.Stamp) {
	n.ownerKnows(from, stamp)
	if stamp.Newer(n.stamp) && n.pulling.IsZero() {
		n.pullFrom(from, stamp.Version)
	}
}

// pullFrom asks a peer for a configuration of at least some version, unless it is on its way.
func (n *Node) pullFrom(peer wire.NodeID, version uint64) {
	newest := n.newest()
	if peer.IsZero() || peer == n.self || !n.pulling.IsZero() || newest != n.state && newest.Version >= version {
		return
	}
	n.options.Marks.Hit(marks.ConfigurationPulled)
	n.pulling, n.assembly = peer, topology.Assembly{}
	n.requestPart()
}

// pullWhole asks the host for the configuration of the cluster that the node has joined.
func (n *Node) pullWhole() {
	if n.pulling.IsZero() {
		n.pulling, n.assembly = n.attempt.host, topology.Assembly{}
		n.requestPart()
	}
}

// has returns what an update can start from: nothing that would be of use in the cluster that the node has joined.
func (n *Node) has() (*topology.State, topology.Stamp) {
	if n.attempt != nil {
		return nil, topology.Stamp{}
	}
	newest := n.newest()
	return newest, newest.Stamp()
}

// requestPart asks for the part of the update that is wanted next.
func (n *Node) requestPart() {
	n.pullEnd = n.at.Now + pullTimeout
	want, offset, _ := n.assembly.Want()
	_, has := n.has()
	request := has.Append([]byte{configurationRequest})
	request = wire.AppendUvarint(want.Append(request), uint64(offset))
	n.sendReliably(n.pulling, wire.KindConfiguration, request)
}

// endPull stops waiting for a peer.
func (n *Node) endPull() {
	n.pulling, n.pullEnd, n.assembly = wire.NodeID{}, Never, topology.Assembly{}
}

// receiveConfiguration handles what a peer asks for or tells of configurations. The error is a *wire.Error.
func (n *Node) receiveConfiguration(from wire.NodeID, payload []byte) error {
	reader := wire.NewReader(payload)
	switch reader.Uint8() {
	case configurationNotice:
		return reader.Finish()
	case configurationRequest:
		has, want, offset := reader.Stamp(), reader.Stamp(), reader.Uvarint()
		if err := reader.Finish(); err != nil {
			return err
		}
		n.tellPart(from, has, want, offset)
		return nil
	case configurationPart:
		chunk, err := topology.DecodeChunk(reader.Bytes(reader.Len()))
		if err != nil {
			return err
		}
		return n.takePart(from, chunk)
	}
	reader.Fail(wire.BadVersion)
	return reader.Err()
}

// tellPart sends a part of what leads from the configuration that a peer has to this node's. If it wants the rest of an update to
// another one by now, it gets the beginning of this.
func (n *Node) tellPart(to wire.NodeID, has, want topology.Stamp, offset uint64) {
	if !n.stamp.Newer(has) {
		return
	}
	if n.told == nil || n.toldTo != n.stamp || n.toldFrom != has {
		n.told, n.toldTo, n.toldFrom = n.archive.AppendUpdate(nil, has, n.state), n.stamp, has
	}
	if want != n.stamp || offset >= uint64(len(n.told)) {
		offset = 0
	}
	chunk := topology.CutChunk(n.stamp, n.told, int(offset), partBytes)
	n.sendReliably(to, wire.KindConfiguration, chunk.Append([]byte{configurationPart}))
}

// takePart adds a part to those before it. What was not asked for is passed over: it may be late.
func (n *Node) takePart(from wire.NodeID, chunk topology.Chunk) error {
	if from != n.pulling {
		return nil
	}
	update, whole := n.assembly.Add(chunk)
	if !whole {
		n.requestPart()
		return nil
	}
	n.endPull()
	base, _ := n.has()
	state, err := topology.ReadUpdate(base, update)
	if errors.Is(err, topology.ErrWrongBase) {
		return nil // this node has another configuration by now
	}
	if err != nil {
		return err
	}
	switch {
	case base != nil && (state.Cluster != base.Cluster || !newer(state, base)):
	case base == nil && state.Cluster != n.attempt.cluster:
	default:
		n.adoptFrom(state)
	}
	return nil
}

// adoptFrom takes over a configuration that a peer has told, unless this node is no part of it any more.
func (n *Node) adoptFrom(state *topology.State) {
	if n.attempt != nil {
		n.attempt.ended = true
	}
	if _, member := state.Node(n.self); member {
		n.adopt(state)
	} else {
		n.becomeSolo()
	}
}

// adopt makes a configuration durable, and has it put into force then. Without a log it is in force at once: after a restart the node
// learns it again.
func (n *Node) adopt(state *topology.State) {
	n.adopting = state
	if n.logError == nil {
		n.adoptAt = n.appendNodeRecord()
		return
	}
	n.adoptDurable()
}

// adoptDurable puts the adopted configuration into force if that may be.
func (n *Node) adoptDurable() {
	if n.adopting == nil || n.adoptAt > n.persisted && n.logError == nil {
		return
	}
	state := n.adopting
	n.adopting = nil
	switch {
	case n.founding:
		n.found(state)
	case state.Cluster != n.state.Cluster || state.Generation != n.state.Generation:
		n.enterGroup(state)
		n.install(state)
		if n.attempt != nil {
			n.joinedCluster()
		}
		n.refreshServing()
	case newer(state, n.state):
		n.install(state)
	}
}

// found begins a cluster of this node's own.
func (n *Node) found(state *topology.State) {
	reborn := n.self != n.foundingAs
	n.founding, n.self, n.view.Self, n.attempt = false, n.foundingAs, n.foundingAs, nil
	n.foundGroup(state)
	n.install(state)
	if reborn {
		n.startGossip()
	}
	n.endReset(nil)
}

// advancePull gives a peer up that does not answer.
func (n *Node) advancePull() {
	if n.at.Now >= n.pullEnd {
		n.options.Marks.Hit(marks.PullTimedOut)
		n.endPull()
	}
}

func (n *Node) checkDissemination() error {
	switch {
	case n.stamp != n.state.Stamp():
		return fmt.Errorf("core: stamp %v is told of configuration %v", n.stamp, n.state.Stamp())
	case n.pulling.IsZero() != (n.pullEnd == Never):
		return fmt.Errorf("core: waits for %v until %v", n.pulling, n.pullEnd)
	case n.adopting != nil && n.adopting.Cluster == n.state.Cluster && !newer(n.adopting, n.state) && n.adoptAt <= n.persisted:
		return fmt.Errorf("core: version %d is to come into force after %d", n.adopting.Version, n.state.Version)
	}
	return nil
}
