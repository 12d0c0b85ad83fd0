import unittest

from fair.receipt import receipt
from fair.split import split


class SplitTest(unittest.TestCase):
    def test_an_even_bill_is_shared_evenly(self):
        self.assertEqual(split(90, 3), [30, 30, 30])

    def test_no_cent_is_lost(self):
        self.assertEqual(sum(split(100, 3)), 100)

    def test_nobody_pays_more_than_a_cent_more_than_another(self):
        for total in range(200):
            shares = split(total, 7)
            self.assertLessEqual(max(shares) - min(shares), 1, total)

    def test_a_bill_needs_somebody(self):
        with self.assertRaises(ValueError):
            split(100, 0)


class ReceiptTest(unittest.TestCase):
    def test_a_line_for_each_person(self):
        self.assertEqual(receipt(90, ["Ann", "Bo"]), "Ann: 0.45\nBo: 0.45")


if __name__ == "__main__":
    unittest.main()
