#ifndef SLUICE_CORE_INTRUSIVE_LIST_H_
#define SLUICE_CORE_INTRUSIVE_LIST_H_

// IntrusiveList: a doubly linked list through its members, so that joining and leaving allocate
// nothing. A member is in at most one list per ListNode it derives from, and leaves it when it is
// destroyed. Not thread-safe; owns nothing.

#include "absl/base/optimization.h"
#include "glog/logging.h"

namespace sluice {

class ListNode {
 public:
  ListNode() = default;
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;
  ~ListNode() { Unlink(); }

  bool linked() const { return next_ != nullptr; }
  void Unlink() {
    if (!linked()) return;
    next_->previous_ = previous_;
    previous_->next_ = next_;
    next_ = previous_ = nullptr;
  }

 private:
  template <typename T>
  friend class IntrusiveList;
  ListNode* next_ = nullptr;
  ListNode* previous_ = nullptr;
};

template <typename T>
class IntrusiveList {
 public:
  IntrusiveList() { head_.next_ = head_.previous_ = &head_; }
  ~IntrusiveList() {
    while (!empty()) PopFront();
    head_.next_ = head_.previous_ = nullptr;
  }

  bool empty() const { return head_.next_ == &head_; }
  T& front() { return static_cast<T&>(*head_.next_); }

  void PushBack(T& member) {
    ListNode& node = member;
    DCHECK(!node.linked());
    node.previous_ = head_.previous_;
    node.next_ = &head_;
    head_.previous_->next_ = &node;
    head_.previous_ = &node;
  }
  // Behind the last member that `precedes` it; in front where there is none.
  template <typename Precedes>
  void InsertInOrder(T& member, Precedes precedes) {
    ListNode& node = member;
    DCHECK(!node.linked());
    ListNode* behind = head_.previous_;
    while (behind != &head_ && !precedes(static_cast<T&>(*behind))) behind = behind->previous_;
    node.previous_ = behind;
    node.next_ = behind->next_;
    behind->next_->previous_ = &node;
    behind->next_ = &node;
  }
  T& PopFront() {
    T& member = front();
    static_cast<ListNode&>(member).Unlink();
    return member;
  }
  T& PopBack() {
    T& member = static_cast<T&>(*head_.previous_);
    static_cast<ListNode&>(member).Unlink();
    return member;
  }
  // `visit` may unlink the member that it is given, and no other.
  template <typename Visit>
  void ForEach(Visit visit) {
    for (ListNode* node = head_.next_; node != &head_;) {
      ListNode* next = node->next_;
      visit(static_cast<T&>(*node));
      node = next;
    }
  }

 private:
  ListNode head_;
};

}  // namespace sluice

#endif  // SLUICE_CORE_INTRUSIVE_LIST_H_
