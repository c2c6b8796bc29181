package core

import (
	"slices"

	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

const errNobodyProposes command.Error = "ERR No other node is there that could propose the change"

// proposeOwn has the group decide on a change that nobody but this node can know to be right: where it is, in which start, what it does
// not take any more. Without a log it takes no part in the group, and has another node propose it.
func (n *Node) proposeOwn(change topology.Command, settle func(topology.Result, error)) error {
	if n.logError == nil {
		return n.propose(change, settle)
	}
	helpers := slices.DeleteFunc(n.memberIDs(), func(id wire.NodeID) bool { return id == n.self || n.health(id) != topology.Alive })
	if len(helpers) == 0 {
		return errNobodyProposes
	}
	n.helper++
	n.sendRequest(helpers[n.helper%len(helpers)], entrusting, topology.AppendCommand(nil, change), func(_ uint64, err error) {
		settle(topology.Result{}, err)
	})
	return nil
}

// proposeFor proposes what another node has entrusted to this one.
func (n *Node) proposeFor(from wire.NodeID, number uint64, data []byte) error {
	change, err := topology.DecodeCommand(data)
	if err != nil {
		return err
	}
	n.proposeEnd(change, func(version uint64, err error) { n.answer(from, number, version, err) })
	return nil
}
