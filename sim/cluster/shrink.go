package cluster

import (
	"errors"

	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/sim/shrink"
)

// errBeyond is why a smaller run does not count.
var errBeyond = errors.New("cluster: the plan goes beyond what is promised, and the original one does not")

// Shrink makes a failing run of Ember smaller. Of the options it sets what is Ember's: Run, Reductions and Defaults. If the script
// asks for nothing that a cluster does not promise to bear, neither does the result.
func Shrink(script sim.Script, options shrink.Options) (shrink.Result, error) {
	config, plan, err := FromScript(script)
	if err != nil {
		return shrink.Result{}, err
	}
	promised := config.bearsAll(plan)
	options.Reductions, options.Defaults = Reductions(), Defaults
	options.Run = func(script sim.Script, most uint64) (sim.Report, error) { return runUntil(script, most, promised) }
	return shrink.Shrink(script, options)
}

// runUntil runs a script, and leaves it unjudged if it has not ended after so many events, unless that is 0. If it is to be within
// what is promised, one beyond is an error.
func runUntil(script sim.Script, most uint64, promised bool) (sim.Report, error) {
	config, plan, err := FromScript(script)
	if err == nil && promised && !config.bearsAll(plan) {
		err = errBeyond
	}
	if err != nil {
		return sim.Report{}, err
	}
	config.Until = most
	result, err := Run(script.Scenario, config, plan)
	if err != nil {
		return sim.Report{}, err
	}
	return result.Report, nil
}
