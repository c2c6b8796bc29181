package topology

import (
	"fmt"
	"slices"
	"strings"
)

func (c SetSetting) apply(s *State) (*State, *Refusal) {
	if detail := invalidSetting(Setting(c)); detail != "" {
		return nil, &Refusal{Reason: InvalidSetting, Detail: detail}
	}
	compare := func(set Setting, name string) int { return strings.Compare(set.Name, name) }
	i, known := slices.BinarySearchFunc(s.settings, c.Name, compare)
	switch {
	case known && s.settings[i].Value == c.Value, !known && c.Value == "":
		return s, nil
	case !known && len(s.settings) == MaxSettings:
		return nil, &Refusal{Reason: ClusterFull, Detail: "settings"}
	}
	next := s.copy()
	next.settings = slices.Clone(s.settings)
	switch {
	case c.Value == "":
		next.settings = slices.Delete(next.settings, i, i+1)
	case known:
		next.settings[i].Value = c.Value
	default:
		next.settings = slices.Insert(next.settings, i, Setting(c))
	}
	return next, nil
}

// invalidSetting returns why a setting cannot be kept, or "".
func invalidSetting(set Setting) string {
	switch {
	case set.Name == "" || len(set.Name) > MaxSettingName || !onlyNameBytes(set.Name, "-_."):
		return fmt.Sprintf("name %q", set.Name)
	case len(set.Value) > MaxSettingValue:
		return fmt.Sprintf("a value of %d bytes", len(set.Value))
	}
	for i := 0; i < len(set.Value); i++ {
		if b := set.Value[i]; b < ' ' || b > '~' {
			return fmt.Sprintf("value %q", set.Value)
		}
	}
	return ""
}

func (c SetVoters) apply(s *State) (*State, *Refusal) {
	if c.Epoch != s.votersEpoch {
		return nil, &Refusal{Reason: StaleVoters, Expected: c.Epoch, Actual: s.votersEpoch}
	}
	if len(c.Voters) == 0 || len(c.Voters) > MaxVoters || !sortedUnique(c.Voters, NodeID.Compare) {
		return nil, &Refusal{Reason: InvalidVoters, Detail: fmt.Sprintf("%d nodes, or not sorted", len(c.Voters))}
	}
	for _, id := range c.Voters {
		if _, ok := s.nodeIndex(id); !ok {
			return nil, &Refusal{Reason: UnknownNode, Node: id}
		}
	}
	if slices.Equal(c.Voters, s.voters) {
		return s, nil
	}
	next := s.copy()
	next.voters = slices.Clone(c.Voters)
	next.votersEpoch++
	return next, nil
}

func (c BumpEpoch) apply(s *State) (*State, *Refusal) {
	i, refusal := s.expectShard(c.Shard, c.Epoch)
	if refusal != nil {
		return nil, refusal
	}
	alone := !slices.ContainsFunc(s.shards, func(other Shard) bool { return other.ID != c.Shard && other.Epoch >= c.Epoch })
	if alone && c.Epoch == s.epoch && c.Epoch > 0 {
		return s, nil
	}
	return s.withNewEpoch(i, s.shards[i])
}

func (c SetEpoch) apply(s *State) (*State, *Refusal) {
	i, refusal := s.expectShard(c.Shard, c.Epoch)
	switch {
	case refusal != nil:
		return nil, refusal
	case len(s.nodes) > 1:
		return nil, &Refusal{Reason: NotAlone}
	case s.shards[i].Epoch > 0:
		return nil, &Refusal{Reason: EpochSet}
	case c.NewEpoch == 0:
		return s, nil
	}
	shard := s.shards[i]
	shard.Epoch = c.NewEpoch
	next := s.withShard(i, shard)
	next.epoch = max(s.epoch, c.NewEpoch)
	return next, nil
}

// NextGeneration returns the configuration with which an operator begins anew when the quorum is lost for good: one voter, a
// new generation, and for every shard an epoch above all that there were, so that nothing said before counts. It panics if the
// voter is no node.
func (s *State) NextGeneration(voter NodeID) *State {
	s.nodePosition(voter)
	next := s.copy()
	next.Generation++
	next.Version++
	next.voters, next.votersEpoch = []NodeID{voter}, s.votersEpoch+1
	next.shards = slices.Clone(s.shards)
	for i := range next.shards {
		next.epoch++
		next.shards[i].Epoch = next.epoch
	}
	next.index()
	return next
}
