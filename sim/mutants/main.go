package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"

	"github.com/alecthomas/kong"

	"github.com/ember-cluster/ember/sim/sweep"
)

// cli is the command line.
type cli struct {
	Only   []string    `help:"Plant only these bugs, by name." placeholder:"NAME"`
	Seeds  sweep.Range `help:"Seeds to try, such as 1..100." default:"1..100" placeholder:"A..B"`
	Jobs   int         `help:"Bugs at the same time; one per core if 0." default:"0"`
	Shrink bool        `help:"Shrink the run that caught each bug."`
	Keep   string      `help:"Keep the shrunk runs in this directory." type:"existingdir" placeholder:"DIR"`
	JSON   bool        `help:"Print one JSON object per bug instead of a table." name:"json"`
	List   bool        `help:"List the bugs and plant none."`
}

func main() {
	var c cli
	kong.Parse(&c, kong.Name("mutants"), kong.Description("Plants bugs into Ember and measures how soon the simulator catches them."))
	survivors, err := c.run(os.Stdout)
	if err != nil {
		fmt.Fprintf(os.Stderr, "mutants: %v\n", err)
		os.Exit(1)
	}
	if survivors > 0 {
		os.Exit(2)
	}
}

// run hunts the chosen bugs, prints what became of each, and returns how many survived.
func (c *cli) run(out io.Writer) (survivors int, err error) {
	bugs, err := c.choose()
	if err != nil {
		return 0, err
	}
	if c.List {
		for _, b := range bugs {
			fmt.Fprintf(out, "%-28s %s\n", b.name, b.story)
		}
		return 0, nil
	}
	scratch, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(scratch)
	root, err := moduleRoot()
	if err != nil {
		return 0, err
	}
	w := workshop{root: root, scratch: scratch, jobs: c.Jobs, shrinks: c.Shrink || c.Keep != "", keep: c.Keep}
	if w.jobs <= 0 {
		w.jobs = runtime.GOMAXPROCS(0)
	}
	return c.hunt(w, bugs, out)
}

// choose returns the bugs that the command line asks for.
func (c *cli) choose() ([]bug, error) {
	bugs, err := loadBugs()
	if err != nil || len(c.Only) == 0 {
		return bugs, err
	}
	byName := map[string]bug{}
	for _, b := range bugs {
		byName[b.name] = b
	}
	var chosen []bug
	for _, name := range c.Only {
		b, ok := byName[name]
		if !ok {
			return nil, fmt.Errorf("there is no bug %q; --list shows all", name)
		}
		chosen = append(chosen, b)
	}
	return chosen, nil
}

// hunt hunts several bugs at a time. A result is printed as soon as it is there.
func (c *cli) hunt(w workshop, bugs []bug, out io.Writer) (survivors int, err error) {
	sound, err := w.simulator(nil)
	if err != nil {
		return 0, err
	}
	var mutex sync.Mutex
	var workers sync.WaitGroup
	p := printer{out: out, json: c.JSON, shrinks: w.shrinks}
	work := make(chan *bug)
	for range w.jobs {
		workers.Go(func() {
			for b := range work {
				f, failed := w.hunt(b, c.Seeds, sound)
				mutex.Lock()
				if failed != nil {
					err = errors.Join(err, failed)
				}
				if f != nil {
					p.print(f)
				}
				mutex.Unlock()
			}
		})
	}
	for i := range bugs {
		work <- &bugs[i]
	}
	close(work)
	workers.Wait()
	p.finish()
	return p.survived, err
}
