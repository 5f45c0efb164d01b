// The keeper's unix socket: accepts its own user only, reads lines, answers each with one line and at most one descriptor.
// A client that sends nonsense gets an error, one that does not read its answers is let go; neither disturbs the others.
#pragma once

#include <string>
#include <vector>

#include "holdings.h"

namespace weft::keeper {

class Server {
  public:
    explicit Server(Holdings &holdings) : holdings_(holdings) {}

    // Empty when the socket is there, with mode 0600.
    std::string listen(const std::string &path);
    // Serves until `quit`, or until `stop_descriptor` becomes readable.
    void run(int stop_descriptor);

  private:
    struct Client {
        Descriptor socket;
        std::string input;
        unsigned number = 0;
        bool gone = false;
    };

    void accept_client();
    void read(Client &client);
    Reply answer(const std::string &line, unsigned client);
    void send(Client &client, const Reply &reply);

    Holdings &holdings_;
    Descriptor listener_;
    std::string path_;
    std::vector<Client> clients_;
    bool accepting_ = true;
    bool quit_ = false;
    unsigned last_number_ = 0;
};

}  // namespace weft::keeper
