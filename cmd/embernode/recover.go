package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/ember-cluster/ember/core"
	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
	"github.com/ember-cluster/ember/storage"
)

// recoverCommand is `embernode recover`: the way out when the voters who decide on the configuration are lost for good.
type recoverCommand struct {
	Dirs []string `arg:"" name:"dir" help:"Directories of nodes that are left, and are stopped. The first one's node becomes the only voter; the newest configuration of all of them is taken."`
	Yes  bool     `name:"yes" help:"Do it. Without this the command only tells what it would do."`
}

// remnant is what a directory has of a node.
type remnant struct {
	dir     string
	journal *journal
	node    wire.NodeID
	boot    uint64
	state   *topology.State
}

// runRecover is the whole command: it returns the exit status.
func runRecover(args []string, stdout, stderr io.Writer) int {
	var c recoverCommand
	return runSubcommand("recover", &c, args, stdout, stderr,
		"Let a cluster go on whose voters are lost for good: a majority of them, with their disks. "+
			"What they had decided and none of the given nodes has applied is lost.")
}

func (c *recoverCommand) run(out io.Writer) (err error) {
	var remnants []*remnant
	defer func() {
		for _, r := range remnants {
			if closing := r.journal.close(); err == nil {
				err = closing
			}
		}
	}()
	for _, dir := range c.Dirs {
		r, err := openRemnant(dir)
		if err != nil {
			return err
		}
		remnants = append(remnants, r)
	}
	newest, err := newestOf(remnants)
	if err != nil {
		return err
	}
	voter := remnants[0]
	next := newest.NextGeneration(voter.node)
	if err := next.Check(); err != nil {
		panic("embernode: the next generation is broken: " + err.Error())
	}
	c.tellPlan(out, remnants, newest, next)
	if !c.Yes {
		return errors.New("nothing was changed: give --yes to do this")
	}
	if err := voter.write(next); err != nil {
		return fmt.Errorf("log in %s: %w", voter.dir, err)
	}
	fmt.Fprintf(out, `
DONE. %s decides alone now, in generation %d.

Start it, and then the others that are left: they follow it. Nodes that are lost stay in the configuration until they are
forgotten (CLUSTER FORGET). If they come back they follow too; but never start a majority of the earlier voters apart from this node.
`, voter.node, next.Generation)
	return nil
}

// openRemnant reads what a directory has. A running node has its directory locked.
func openRemnant(dir string) (*remnant, error) {
	journal, recovered, err := openJournal(dir, storage.DefaultSegmentSize)
	if err != nil {
		return nil, err
	}
	r := &remnant{dir: dir, journal: journal}
	if recovered.Position == 0 {
		_ = journal.close() // nothing was written
		return nil, fmt.Errorf("there is no node in %s", dir)
	}
	// A node that is started knows what it has applied. This one is heard by nobody: its effects are left.
	options := core.DefaultOptions()
	options.Announce = core.Announce{ClientPort: 1, BusPort: 1}
	options.Random = random.New(entropy())
	node, err := core.New(options, recovered)
	if err != nil {
		_ = journal.close() // nothing was written
		return nil, fmt.Errorf("log in %s: %w", dir, err)
	}
	node.Step(core.Clock{}, &core.Start{})
	r.node, r.boot, r.state = node.ID(), node.Boot()-1, node.State()
	return r, nil
}

// newestOf returns the newest configuration of all, if they are those of one cluster that cannot go on by itself.
func newestOf(remnants []*remnant) (*topology.State, error) {
	newest := remnants[0].state
	for _, r := range remnants[1:] {
		if r.state.Cluster != newest.Cluster {
			return nil, fmt.Errorf("%s and %s are of two clusters", remnants[0].dir, r.dir)
		}
		if r.state.Stamp().Newer(newest.Stamp()) {
			newest = r.state
		}
	}
	if _, member := newest.Node(remnants[0].node); !member {
		return nil, fmt.Errorf("the node in %s has been forgotten by its cluster", remnants[0].dir)
	}
	left := 0
	for _, voter := range newest.Voters() {
		if slices.ContainsFunc(remnants, func(r *remnant) bool { return r.node == voter }) {
			left++
		}
	}
	if all := len(newest.Voters()); 2*left > all {
		return nil, fmt.Errorf("nothing is lost: %d of %d voters are here, which is a majority: start them", left, all)
	}
	return newest, nil
}

// write makes a configuration the one that the node begins with, as the only voter.
func (r *remnant) write(state *topology.State) error {
	for _, record := range core.FoundingLog(r.node, r.boot, state) {
		if _, err := r.journal.log.Append(record); err != nil {
			return err
		}
	}
	_, err := r.journal.log.Sync()
	return err
}

func (c *recoverCommand) tellPlan(out io.Writer, remnants []*remnant, newest, next *topology.State) {
	fmt.Fprintf(out, "THE CONFIGURATION OF CLUSTER %s IS BEGUN ANEW\n\n", newest.Cluster)
	for _, r := range remnants {
		fmt.Fprintf(out, "  %s has version %d of generation %d: node %s\n", r.dir, r.state.Version, r.state.Generation, r.node)
	}
	var voters []string
	for _, voter := range newest.Voters() {
		voters = append(voters, voter.String())
	}
	fmt.Fprintf(out, `
  voters before   %s
  voter now       %s
  generation      %d, version %d (before: %d, version %d)

Only do this if a majority of the voters is lost FOR GOOD. What they had decided beyond version %[6]d is lost; and if they
live on somewhere, there are two clusters that both believe to be this one.
`, strings.Join(voters, " "), remnants[0].node, next.Generation, next.Version, newest.Generation, newest.Version)
}
