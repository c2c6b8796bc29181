//go:build !linux

package main

import (
	"errors"
	"log/slog"
	"net"
)

// defaultLoop is how clients are served unless the configuration says otherwise.
const defaultLoop = loopNet

// newEpollDriver fails: the settings do not let it be asked for.
func newEpollDriver(listeners []net.Listener, _ driverOptions, _ *slog.Logger) (clientDriver, error) {
	closeAll(listeners)
	return nil, errors.New("this system does not have epoll")
}
