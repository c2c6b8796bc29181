package core

import (
	"net/netip"
	"time"

	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

// joining is the node's way into another cluster.
type joining struct {
	// attempt is the one that is under way, nil if there is none.
	attempt *attempt
}

// attempt is a join that is under way: the node serves nothing until it is decided.
type attempt struct {
	token topology.JoinToken
	// host is the node that is asked, and at is where it listens.
	host wire.NodeID
	at   netip.AddrPort
}

// append appends the binary form: token (16), host (20), its address (length and bytes), port (2).
func (a *attempt) append(dst []byte) []byte {
	dst = append(dst, a.token[:]...)
	dst = append(dst, a.host[:]...)
	return appendAddress(dst, a.at)
}

func readAttempt(r *wire.Reader) *attempt {
	a := &attempt{}
	copy(a.token[:], r.Bytes(len(a.token)))
	a.host = r.NodeID()
	a.at = readAddress(r)
	return a
}

// appendAddress appends an address: its bytes behind their number, and the port (2).
func appendAddress(dst []byte, address netip.AddrPort) []byte {
	dst = wire.AppendPrefixed(dst, address.Addr().AsSlice())
	return wire.AppendUint16(dst, address.Port())
}

// readAddress reads an address that somebody listens at.
func readAddress(r *wire.Reader) netip.AddrPort {
	address, ok := netip.AddrFromSlice(r.Prefixed(16))
	port := r.Uint16()
	if !ok || port == 0 {
		r.Fail(wire.Malformed)
	}
	return netip.AddrPortFrom(address, port)
}

func (n *Node) fenced() error { return nil }

func (n *Node) joinDurable() {}

func (n *Node) advanceJoin() {}

func (n *Node) joinDeadline() time.Duration { return Never }

func (n *Node) checkJoining() error { return nil }
