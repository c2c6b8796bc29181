package linearizability

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// config is one way in which things can stand at an instant: what the keys hold, and which of the calls that are under way
// have taken effect already.
type config struct {
	// done are indices of calls, sorted.
	done  []int
	state *state
}

// frontier is all ways in which things can stand at an instant, at most one for each set of calls that are done.
type frontier struct {
	configs []config
	index   map[string]int // by configKey
	key     []byte         // memory of the last one
}

func newFrontier() *frontier { return &frontier{index: map[string]int{}} }

// configKey returns memory with the key of a set of calls at its end.
func configKey(memory []byte, done []int) []byte {
	for _, i := range done {
		memory = binary.AppendUvarint(memory, uint64(i))
	}
	return memory
}

// add joins a way to the frontier.
func (f *frontier) add(done []int, s *state) {
	f.key = configKey(f.key[:0], done)
	i, ok := f.index[string(f.key)]
	if !ok {
		f.index[string(f.key)] = len(f.configs)
		f.configs = append(f.configs, config{done, s})
		return
	}
	// The same calls are done, so both states have the same latest call.
	worlds := slices.Clone(f.configs[i].state.worlds)
	for _, w := range s.worlds {
		worlds = addWorld(worlds, w)
	}
	f.configs[i].state = newState(worlds, s.now)
}

// equal compares frontiers whatever the order of their configs.
func (f *frontier) equal(other *frontier) bool {
	if len(f.configs) != len(other.configs) {
		return false
	}
	for _, c := range f.configs {
		i, ok := other.index[string(configKey(nil, c.done))]
		if !ok || !c.state.equal(other.configs[i].state) {
			return false
		}
	}
	return true
}

// mentions reports whether a call is done in one of the configs.
func (f *frontier) mentions(call int) bool {
	return slices.ContainsFunc(f.configs, func(c config) bool { return slices.Contains(c.done, call) })
}

// shownConfigs is how many ways are shown.
const shownConfigs = 6

// describe writes what the keys at some places can hold, and which calls are done in each case.
func (f *frontier) describe(keys []string, places []int, calls []*call) string {
	var texts []string
	for _, c := range f.configs {
		done := ""
		for _, i := range c.done {
			done += fmt.Sprintf(" after #%d", calls[i].operation.ID)
		}
		for _, w := range c.state.worlds {
			texts = append(texts, w.describe(keys, places)+done)
		}
	}
	if more := len(texts) - shownConfigs; more > 0 {
		texts = append(texts[:shownConfigs], fmt.Sprintf("one of %d others", more))
	}
	return strings.Join(texts, ", or ")
}

// withIndex and withoutIndex return another sorted list.
func withIndex(done []int, i int) []int {
	at, _ := slices.BinarySearch(done, i)
	return slices.Insert(slices.Clone(done), at, i)
}

func withoutIndex(done []int, i int) []int {
	return slices.DeleteFunc(slices.Clone(done), func(j int) bool { return i == j })
}
