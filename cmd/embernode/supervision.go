package main

import (
	"errors"
	"fmt"
	"net"
	"os"
)

// supervisorWord names a service manager that may wait to be told that the node serves.
type supervisorWord string

// UnmarshalText reads one of Redis's words, but for upstart, which nobody runs any more.
func (v *supervisorWord) UnmarshalText(text []byte) error {
	switch word := supervisorWord(text); word {
	case "no", "auto", "systemd":
		*v = word
		return nil
	}
	return errors.New("argument(s) must be one of the following: no, auto, systemd")
}

// notify tells systemd of a change of state, see sd_notify(3), if it has asked for that and may be told.
func (v supervisorWord) notify(state string) error {
	path := os.Getenv("NOTIFY_SOCKET")
	if v == "no" || path == "" {
		return nil
	}
	if path[0] == '@' {
		path = "\x00" + path[1:] // a name that is no file's
	}
	socket, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return err
	}
	defer socket.Close()
	_, err = socket.Write([]byte(state))
	return err
}

// writePidFile leaves the number of the process in a file, if one is named.
func writePidFile(path string) error {
	if path == "" {
		return nil
	}
	return os.WriteFile(path, fmt.Appendf(nil, "%d\n", os.Getpid()), 0o644)
}
