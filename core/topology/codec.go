package topology

import (
	"fmt"
	"math"

	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/wire"
)

// The binary form of a state:
//
//	┌────────┬─────────┬────────────┬─────────┬───────┬─────────┬─────────┬─────┬──────────┐
//	│ format │ cluster │ generation │ version │ epoch │ section │ section │  …  │ section  │
//	│ 1 byte │ 16      │ 8          │ 8       │ 8     │ nodes   │ shards  │     │ settings │
//	└────────┴─────────┴────────────┴─────────┴───────┴─────────┴─────────┴─────┴──────────┘
//
//	section: number (1 byte), format (1 byte), length (uvarint), that many bytes
//
// All sections are there, in the order of their numbers. A reader that does not know a section or its format refuses the
// state: half a configuration is worse than an old one. Numbers are uvarints unless a width is given.
//
//	nodes       count, then for each: id (20), host, hostname, zone (length and bytes each),
//	            client port (2), bus port (2), TLS port (2), boot
//	shards      count, then for each: id (20), epoch, members, in-sync members, primary.
//	            Members are positions in the nodes section, in-sync members and the primary are positions among the
//	            members. A list of positions is its length and, for each, the distance from the first position that
//	            it could have: behind the one before it.
//	slots       runs that together cover all slots: length, owner (0 unassigned, else one more than the position of
//	            the shard). Neighbours have different owners.
//	marks       count, then for each: slot (the distance from the first that it could be), source and target (positions
//	            of shards), version
//	voters      epoch, positions in the nodes section
//	settings    count, then for each: name, value (length and bytes each)
//	joins       count, then for each: token (16), node (20), aborted (1), version
//	tombstones  count, then for each: node (20), version
const stateFormat = 3

// section numbers the sections of a state's binary form.
type section uint8

const (
	sectionNodes section = iota + 1
	sectionShards
	sectionSlots
	sectionMarks
	sectionVoters
	sectionSettings
	sectionJoins
	sectionTombstones
	sectionEnd
)

// sectionFormat is the format of every section so far.
const sectionFormat = 1

// Largest sizes of the binary form. A position or a count below 2^14 takes at most two bytes as a uvarint, a length below
// 2^14 too, an epoch ten.
const (
	maxNodeBytes   = 20 + (2 + MaxHost) + (2 + MaxHost) + (2 + MaxZone) + 2 + 2 + 2 + 10
	maxShardBytes  = 20 + 10 + 2 + 2 + 2
	maxMemberBytes = 2 + 2
	minNodeBytes   = 20 + 3 + 2 + 2 + 2 + 1
	minShardBytes  = 20 + 1 + 2 + 2 + 1

	minMarkBytes, maxMarkBytes           = 1 + 1 + 1 + 1, 3 + 2 + 2 + 10
	minSettingBytes                      = 3
	minJoinBytes, maxJoinBytes           = 16 + 20 + 1 + 1, 16 + 20 + 1 + 10
	minTombstoneBytes, maxTombstoneBytes = 20 + 1, 20 + 10

	// MaxStateBytes bounds the binary form of a state.
	MaxStateBytes = 1 + 16 + 8 + 8 + 8 + int(sectionEnd)*(2+5) + 2*3 +
		MaxNodes*(maxNodeBytes+maxMemberBytes) + MaxShards*maxShardBytes + slots.Count*(2+2) +
		slots.Count*maxMarkBytes + 10 + MaxVoters*2 + MaxSettings*(1+MaxSettingName+2+MaxSettingValue) +
		MaxJoins*maxJoinBytes + MaxTombstones*maxTombstoneBytes + 4*3
)

// Append appends the binary form of the state: the same state always gives the same bytes.
func (s *State) Append(dst []byte) []byte {
	dst = append(dst, stateFormat)
	dst = append(dst, s.Cluster[:]...)
	dst = wire.AppendUint64(dst, s.Generation)
	dst = wire.AppendUint64(dst, s.Version)
	dst = wire.AppendUint64(dst, s.epoch)
	var body []byte
	for number := sectionNodes; number < sectionEnd; number++ {
		body = s.appendSection(body[:0], number)
		dst = append(dst, byte(number), sectionFormat)
		dst = wire.AppendPrefixed(dst, body)
	}
	return dst
}

func (s *State) appendSection(dst []byte, number section) []byte {
	switch number {
	case sectionNodes:
		return s.appendNodes(dst)
	case sectionShards:
		return s.appendShards(dst)
	case sectionSlots:
		for _, run := range s.runs {
			dst = wire.AppendUvarint(dst, uint64(run.Len()))
			dst = wire.AppendUvarint(dst, uint64(run.shard+1))
		}
	case sectionMarks:
		return s.appendMarks(dst)
	case sectionVoters:
		return appendPositions(wire.AppendUvarint(dst, s.votersEpoch), s.voters, s.nodePosition)
	case sectionSettings:
		return appendSettings(dst, s.settings)
	case sectionJoins:
		return appendJoins(dst, s.joins)
	case sectionTombstones:
		return appendTombstones(dst, s.tombstones)
	}
	return dst
}

func (s *State) appendNodes(dst []byte) []byte {
	dst = wire.AppendUvarint(dst, uint64(len(s.nodes)))
	for i := range s.nodes {
		dst = appendNode(dst, &s.nodes[i])
	}
	return dst
}

func appendNode(dst []byte, n *Node) []byte {
	dst = append(dst, n.ID[:]...)
	return wire.AppendUvarint(appendAddress(dst, n), n.Boot)
}

func (d *decoder) node() Node {
	n := Node{ID: d.NodeID()}
	d.address(&n)
	n.Boot = d.Uvarint()
	return n
}

func (s *State) appendShards(dst []byte) []byte {
	dst = wire.AppendUvarint(dst, uint64(len(s.shards)))
	for i := range s.shards {
		shard := &s.shards[i]
		dst = append(dst, shard.ID[:]...)
		dst = wire.AppendUvarint(dst, shard.Epoch)
		dst = appendPositions(dst, shard.Members, s.nodePosition)
		among := func(id NodeID) int { return positionAmong(shard.Members, id) }
		dst = appendPositions(dst, shard.InSync, among)
		dst = wire.AppendUvarint(dst, uint64(among(shard.Primary)))
	}
	return dst
}

// appendPositions appends the positions of sorted ids.
func appendPositions(dst []byte, ids []NodeID, position func(NodeID) int) []byte {
	dst = wire.AppendUvarint(dst, uint64(len(ids)))
	next := 0 // the first position that the next id could have
	for _, id := range ids {
		at := position(id)
		dst = wire.AppendUvarint(dst, uint64(at-next))
		next = at + 1
	}
	return dst
}

func (s *State) nodePosition(id NodeID) int {
	i, ok := s.nodeIndex(id)
	if !ok {
		panic(fmt.Sprintf("topology: %v is no node of the state", id))
	}
	return i
}

// Decode reads what Append wrote, and nothing else: the result passes Check, and appending it gives data again. The error
// wraps a *wire.Error; where well-formed bytes break an invariant it wraps a *CheckError too.
func Decode(data []byte) (*State, error) {
	d := decoder{wire.NewReader(data)}
	s := &State{owners: new([slots.Count]uint16)}
	if d.Uint8() != stateFormat {
		d.Fail(wire.BadVersion)
	}
	s.Cluster = d.ClusterID()
	s.Generation = d.Uint64()
	s.Version = d.Uint64()
	s.epoch = d.Uint64()
	for number := sectionNodes; number < sectionEnd; number++ {
		d.section(s, number)
	}
	if err := d.Finish(); err != nil {
		return nil, err
	}
	if err := s.checkRecords(); err != nil {
		return nil, fmt.Errorf("%w: %w", &wire.Error{Kind: wire.Malformed, Offset: len(data)}, err)
	}
	s.index()
	return s, nil
}

// decoder is a wire.Reader that knows the parts of states and commands. After a failure its methods return zero values,
// as the reader's do, so their loops end.
type decoder struct{ wire.Reader }

// below reads a number less than limit.
func (d *decoder) below(limit int) int {
	n := d.Uvarint()
	if limit <= 0 || n >= uint64(limit) {
		d.Fail(wire.Malformed)
		return 0
	}
	return int(n)
}

// section reads one section into s.
func (d *decoder) section(s *State, number section) {
	if section(d.Uint8()) != number || d.Uint8() != sectionFormat {
		d.Fail(wire.BadVersion)
	}
	length := d.Count(MaxStateBytes, 1)
	end := d.Len() - length
	d.body(s, number)
	if d.Len() != end {
		d.Fail(wire.Malformed)
	}
}

// body reads what is in a section.
func (d *decoder) body(s *State, number section) {
	switch number {
	case sectionNodes:
		d.nodes(s)
	case sectionShards:
		d.shards(s)
	case sectionSlots:
		d.slots(s)
	case sectionMarks:
		d.marks(s)
	case sectionVoters:
		s.votersEpoch = d.Uvarint()
		for _, at := range d.positions(len(s.nodes)) {
			s.voters = append(s.voters, s.nodes[at].ID)
		}
	case sectionSettings:
		s.settings = d.settings()
	case sectionJoins:
		s.joins = d.joins()
	case sectionTombstones:
		s.tombstones = d.tombstones()
	}
}

func (d *decoder) nodes(s *State) {
	s.nodes = make([]Node, d.Count(MaxNodes, minNodeBytes))
	for i := range s.nodes {
		s.nodes[i] = d.node()
	}
}

func (d *decoder) shards(s *State) {
	s.shards = make([]Shard, d.Count(MaxShards, minShardBytes))
	for i := range s.shards {
		shard := &s.shards[i]
		shard.ID = d.shardID()
		shard.Epoch = d.Uvarint()
		for _, at := range d.positions(len(s.nodes)) {
			shard.Members = append(shard.Members, s.nodes[at].ID)
			s.nodes[at].Shard = shard.ID
		}
		for _, at := range d.positions(len(shard.Members)) {
			shard.InSync = append(shard.InSync, shard.Members[at])
		}
		primary := d.below(len(shard.Members))
		if d.Err() != nil {
			return
		}
		shard.Primary = shard.Members[primary]
	}
}

// positions reads ascending positions in a list of a given length; nil after a failure.
func (d *decoder) positions(length int) []int {
	all := make([]int, d.Count(length, 1))
	next := 0
	for i := range all {
		all[i] = next + d.below(length-next)
		next = all[i] + 1
	}
	if d.Err() != nil {
		return nil
	}
	return all
}

func (d *decoder) slots(s *State) {
	previous := -1
	for slot := 0; slot < slots.Count; {
		length := d.below(slots.Count - slot + 1)
		owner := d.below(len(s.shards) + 1)
		if length == 0 || owner == previous {
			d.Fail(wire.Malformed)
			return
		}
		for i := range s.owners[slot : slot+length] {
			s.owners[slot+i] = uint16(owner)
		}
		slot += length
		previous = owner
	}
}

func appendAddress(dst []byte, n *Node) []byte {
	dst = wire.AppendPrefixed(dst, []byte(n.Host))
	dst = wire.AppendPrefixed(dst, []byte(n.Hostname))
	dst = wire.AppendPrefixed(dst, []byte(n.Zone))
	dst = wire.AppendUint16(dst, n.ClientPort)
	dst = wire.AppendUint16(dst, n.BusPort)
	return wire.AppendUint16(dst, n.TLSPort)
}

func (d *decoder) address(n *Node) {
	n.Host = string(d.Prefixed(MaxHost))
	n.Hostname = string(d.Prefixed(MaxHost))
	n.Zone = string(d.Prefixed(MaxZone))
	n.ClientPort, n.BusPort, n.TLSPort = d.Uint16(), d.Uint16(), d.Uint16()
}

// The bounds fit an int on every architecture.
const _ = uint(math.MaxInt32 - MaxStateBytes)
