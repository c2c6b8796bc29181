package sweep

import (
	"fmt"
	"strconv"
	"strings"
)

// Shard is a machine's part of a sweep: of every Count seeds in a row it takes the one at Index. The zero value takes all.
type Shard struct {
	Index uint64 // from 1 to Count
	Count uint64
}

// UnmarshalText reads "i/n", i from 1 to n.
func (s *Shard) UnmarshalText(text []byte) error {
	index, count, _ := strings.Cut(string(text), "/")
	i, err := strconv.ParseUint(index, 10, 64)
	n, countErr := strconv.ParseUint(count, 10, 64)
	if err != nil || countErr != nil || i < 1 || i > n {
		return fmt.Errorf("%q is not a shard such as 1/8, the first of eight", text)
	}
	s.Index, s.Count = i, n
	return nil
}

// MarshalText writes i/n.
func (s Shard) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

func (s Shard) String() string {
	if s == (Shard{}) {
		return "1/1"
	}
	return fmt.Sprintf("%d/%d", s.Index, s.Count)
}

// Seed returns the k-th seed, from 0, of this shard's part of a range, and whether there is one.
func (s Shard) Seed(r Range, k uint64) (seed uint64, ok bool) {
	offset, step := uint64(0), uint64(1)
	if s != (Shard{}) {
		offset, step = s.Index-1, s.Count
	}
	left := r.Last - r.First
	if left < offset || (left-offset)/step < k {
		return 0, false
	}
	return r.First + offset + k*step, true
}

// Size returns how many seeds of a range are this shard's.
func (s Shard) Size(r Range) uint64 {
	if s == (Shard{}) {
		return r.Count()
	}
	if r.Count() < s.Index {
		return 0
	}
	return (r.Count()-s.Index)/s.Count + 1
}

// scheduler is how one kind of scheduler tells a process which of many it is.
type scheduler struct {
	name string
	// index and count are the variables; first is the one that holds the index of the first process, or else base is that index.
	index, count, first string
	base                uint64
	// step is the variable of the distance between two indices, if it is not 1.
	step string
}

// ShardsVariable holds the number of shards where the scheduler tells only the index.
const ShardsVariable = "EMBERSIM_SHARDS"

var schedulers = []scheduler{
	{name: "Kubernetes indexed job", index: "JOB_COMPLETION_INDEX", count: ShardsVariable},
	{
		name: "Slurm array", index: "SLURM_ARRAY_TASK_ID", count: "SLURM_ARRAY_TASK_COUNT", first: "SLURM_ARRAY_TASK_MIN",
		step: "SLURM_ARRAY_TASK_STEP",
	},
	{name: "CI matrix", index: "CI_NODE_INDEX", count: "CI_NODE_TOTAL", base: 1},
	{name: "CircleCI", index: "CIRCLE_NODE_INDEX", count: "CIRCLE_NODE_TOTAL"},
	{name: "Buildkite", index: "BUILDKITE_PARALLEL_JOB", count: "BUILDKITE_PARALLEL_JOB_COUNT"},
}

// ShardFromEnvironment returns the shard that a scheduler has made this process, by variables of the environment, and the
// scheduler's name; without any of them the whole, and no name. Lookup is os.LookupEnv. The error is an index without
// a count that makes sense of it: to guess would leave seeds out in silence.
func ShardFromEnvironment(lookup func(name string) (value string, set bool)) (Shard, string, error) {
	for _, s := range schedulers {
		if _, set := lookup(s.index); set {
			shard, err := s.shard(lookup)
			return shard, s.name, err
		}
	}
	return Shard{}, "", nil
}

func (s *scheduler) shard(lookup func(string) (string, bool)) (Shard, error) {
	number := func(name string, otherwise uint64) (uint64, error) {
		text, set := lookup(name)
		if name == "" || !set && otherwise != 0 {
			return otherwise, nil
		}
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%s: %s is %q where a number belongs", s.name, name, text)
		}
		return n, nil
	}
	index, err := number(s.index, 0)
	if err != nil {
		return Shard{}, err
	}
	count, err := number(s.count, 0)
	if err != nil {
		return Shard{}, err
	}
	first := s.base
	if s.first != "" {
		if first, err = number(s.first, 0); err != nil {
			return Shard{}, err
		}
	}
	step, err := number(s.step, 1)
	if err != nil {
		return Shard{}, err
	}
	if index < first || step == 0 || (index-first)%step != 0 || (index-first)/step >= count {
		return Shard{}, fmt.Errorf("%s: %s=%d is no index of %d processes from %d on", s.name, s.index, index, count, first)
	}
	return Shard{Index: (index-first)/step + 1, Count: count}, nil
}
