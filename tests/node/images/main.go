// Stand-ins for the images of Agent Smith, and the client that measures them: one static binary,
// whose first argument says what it is. Standard library only.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	roles := map[string]func() error{
		"pause": pause, "dispatcher": dispatcher, "agent": agent, "load": load,
	}
	if len(os.Args) < 2 || roles[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: stand-in pause|dispatcher|agent|load")
		os.Exit(2)
	}
	if err := roles[os.Args[1]](); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}

// pause holds a pod's namespaces until it is told to end.
func pause() error {
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM, syscall.SIGINT)
	<-ended
	return nil
}
