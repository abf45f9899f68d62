"""Clean accuracy: on all test images, under attack on the first ones."""

from chapters.reverse_cross_entropy.ten_images import subject

from robustlib.experiments.clean import CleanAccuracy


def test_clean_is_of_all_images_and_attacks_of_the_first(tmp_path):
    clean, noise, fgsm = CleanAccuracy(0.3).__call__(subject(tmp_path, n=4)).rows
    assert (clean.attack, clean.value, clean.n) == ("", 0.9, 10)
    # 255, 240, 225 and 210 of 255 less 0.3 stay above 0 + 0.3: nothing breaks.
    assert [(r.attack, r.value, r.n, r.eps, r.norm) for r in (noise, fgsm)] == [
        ("noise", 1.0, 4, 0.3, "Linf"),
        ("FGSM", 1.0, 4, 0.3, "Linf"),
    ]
    fgsm = CleanAccuracy(0.35)(subject(tmp_path, n=10)).rows[2]
    # At 0.35 those below 0.7 break: 165, 150 and 135; the last was never right.
    assert fgsm.value == 0.6
