package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/ember-cluster/ember/core"
)

// describeVersion is what --version prints.
func describeVersion() string {
	text := fmt.Sprintf("embernode %s %s %s/%s", core.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return text
	}
	for _, setting := range info.Settings {
		switch {
		case setting.Key == "vcs.revision":
			text += " commit " + setting.Value
		case setting.Key == "vcs.modified" && setting.Value == "true":
			text += " (modified)"
		}
	}
	return text
}
