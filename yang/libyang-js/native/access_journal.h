// What one user may do of a journal's changes, and see of them (RFC 8341, sections 3.2.3 and 3.4.5).
#pragma once

#include "access.h"
#include "journal.h"

namespace libyang_js {

// Of whom the changes are: any client, or the user.
enum class Asked : uint8_t { any, own };

// Errors of what is denied, at most so many, and one that counts the others.
class Denials {
  public:
    explicit Denials(size_t limit) : limit_(limit) {}

    void add(AccessOperation operation, std::string path);
    void add(Error error);
    Errors end();

  private:
    size_t limit_;
    size_t more_ = 0;
    Errors errors_;
};

// The explicit changes of a net journal that the user may not make, node by node; see types.ts, Access.denied. Containers
// without a meaning of their own and defaults are not asked for.
Errors denied(const Access &access, const Journal &journal, size_t limit, Asked asked);

// The changes to what the user may read, the entry before an entry that is ordered by the user left out when it may not be.
std::unique_ptr<Journal> visible(const Access &access, const Journal &journal);

// Takes what may not be read out of a tree.
void prune(const Access &access, DataTree &tree);

}  // namespace libyang_js
