package main

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/ember-cluster/ember/core"
	"github.com/ember-cluster/ember/core/slots"
)

// formation makes a new node part of a cluster, as its settings have it: it gives it all slots (cluster-init), or has it meet those of
// its seed peers that are known by name. Names are looked up again and again, since they may come to mean another address; the node
// itself sees to those given by address. A node that is in a cluster of several has nothing left to do.
type formation struct {
	server   *server
	operator *operator
	// announce is what others are told of the node.
	announce core.Announce
	// complaint is what was last said of a peer, so that it is not said again and again.
	complaint string
}

// seedPause is the time between two rounds over the seed peers.
const seedPause = 3 * time.Second

// form runs beside the loop, until the node is part of a cluster or the context ends.
func (s *server) form(ctx context.Context) {
	names := s.command.SeedPeers.names()
	if !s.command.ClusterInit && len(names) == 0 {
		return
	}
	operator, err := s.newOperator()
	if err != nil {
		s.log.Error("the node cannot be made part of a cluster", "error", err)
		return
	}
	stop := context.AfterFunc(ctx, operator.close)
	defer stop()
	defer operator.close()
	f := &formation{server: s, operator: operator, announce: s.command.announce(s.clientPort, s.busPort).Override(&s.command.changeable)}
	if s.command.ClusterInit {
		err = f.initialize()
	} else {
		err = f.join(ctx, names)
	}
	if err != nil && ctx.Err() == nil {
		s.log.Error("the node cannot be made part of a cluster", "error", err)
	}
}

// initialize gives all slots to a node that is alone and has none.
func (f *formation) initialize() error {
	alone, err := f.alone()
	if err != nil || !alone {
		return err
	}
	assigned, err := f.operator.clusterInfo("cluster_slots_assigned")
	if err != nil || assigned != "0" {
		return err
	}
	if _, err := f.operator.do("CLUSTER", "ADDSLOTSRANGE", "0", strconv.Itoa(slots.Count-1)); err != nil {
		return err
	}
	f.server.log.Info("this node begins a cluster: it serves all slots, until others join and take some")
	return nil
}

func (f *formation) alone() (bool, error) {
	known, err := f.operator.clusterInfo("cluster_known_nodes")
	return known == "1", err
}

// join has the node meet the peers, until it is in a cluster of several.
func (f *formation) join(ctx context.Context, peers seedPeers) error {
	for {
		alone, err := f.alone()
		if err != nil || !alone {
			return err
		}
		for _, peer := range peers {
			f.meet(ctx, peer)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(seedPause):
		}
	}
}

// meet has the node meet a peer at all of its addresses.
func (f *formation) meet(ctx context.Context, peer seedPeer) {
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", peer.host)
	if err != nil {
		if text := err.Error(); text != f.complaint {
			f.complaint = text
			f.server.log.Warn("a seed peer cannot be found", "peer", peer.String(), "error", err)
		}
		return
	}
	for _, address := range addresses {
		at := netip.AddrPortFrom(address.Unmap(), peer.busPort)
		if !f.isSelf(at) {
			f.server.loop.mail.post(func() { f.server.loop.step(&core.Meet{At: at}) })
		}
	}
}

// isSelf reports whether an address is this node's, as it is of one peer if all nodes are given the same list.
func (f *formation) isSelf(at netip.AddrPort) bool {
	if at.Port() != f.server.busPort && at.Port() != f.announce.BusPort {
		return false
	}
	if at.Addr().IsLoopback() || at.Addr().String() == f.announce.Host {
		return true
	}
	all, _ := net.InterfaceAddrs() // without them the node meets itself, in vain
	return slices.ContainsFunc(all, func(a net.Addr) bool {
		prefix, ok := a.(*net.IPNet)
		return ok && prefix.IP.Equal(at.Addr().AsSlice())
	})
}
